import * as calls from './calls.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway } from './gateway.ts'
import { type KeyRange, wireRange } from './key-range.ts'
import { type ListResult, readList, wireRead } from './operation.ts'
import type { WireRangeResponse } from './wire.ts'

export interface PagesOptions {
  /** Keys a page. @default 1000 */
  readonly pageSize?: number
  /** Read the keys as they were at this revision. @default the one of the first page */
  readonly revision?: number
  /** @default false */
  readonly keysOnly?: boolean
  /** @default false */
  readonly serializable?: boolean
}

/** Each page begins behind the last key of the one before: one zero byte longer is the next possible key. */
export async function* listPages(
  gateway: Gateway,
  options: KeyRange & PagesOptions & CallOptions,
): AsyncGenerator<ListResult, void> {
  const { pageSize = 1000, keysOnly = false } = options
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) {
    throw new RangeError(`pageSize must be an integer of 1 or more, got ${pageSize}`)
  }
  const range = wireRange(options)
  let { revision } = options
  for (;;) {
    const read = wireRead({ ...options, ...(revision === undefined ? {} : { revision }) })
    const body = { ...range, ...read, limit: String(pageSize), ...(keysOnly ? { keys_only: true } : {}) }
    const answer = await gateway.call<WireRangeResponse>(calls.range, body, options)
    const page = readList(answer)
    revision ??= page.revision
    // Later headers hold the store's newest revision; what was read is the first one's state.
    yield { ...page, revision }
    const last = answer.kvs?.at(-1)?.key
    if (!page.more || last === undefined) return
    range.key = btoa(`${atob(last)}\0`)
  }
}
