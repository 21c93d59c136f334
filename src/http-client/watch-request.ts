import { decodeBinary } from './base64.ts'
import { writeInt64 } from './int64.ts'
import { type Bytes, type KeyRange, type WireKeyRange, wireKey, wireRange } from './key-range.ts'
import type { KeyMapping } from './namespace.ts'
import type { WatchCursor } from './watch-cursor.ts'
import type { WireWatchCreateRequest } from './wire.ts'

/** Which keys to watch: those of a range, those of several, or one. */
export type WatchTarget =
  | KeyRange
  | { readonly key: Bytes; readonly rangeEnd?: never }
  | { readonly ranges: readonly KeyRange[] }

/** What etcd is asked to watch, and which of the events are wanted. */
export interface WatchPlan {
  readonly creates: readonly WireWatchCreateRequest[]
  /** Undefined when etcd sends nothing else. */
  readonly wants?: (key: string) => boolean
}

/**
 * etcd's gateway reads the first 512 bytes of a body before it answers; what is behind them may be lost without a word on
 * HTTP/1.1, for net/http drops the rest of a body at the first write of the answer.
 */
const safeBodyBytes = 512

type Common = Pick<WireWatchCreateRequest, 'filters' | 'prev_kv'>

/** One watch over all of the ranges. What lies between them is told apart by key. */
export function coveringPlan(target: WatchTarget, common: Common): WatchPlan {
  const ranges = wireRanges(target)
  const [first] = ranges
  if (ranges.length === 1 && first !== undefined) return { creates: [{ ...first, ...common }] }
  const spans = ranges.map(toSpan)
  const start = spans.reduce((a, b) => (b.start < a.start ? b : a)).start
  const end = spans.reduce((a, b) => (b.end === undefined || (a.end !== undefined && b.end > a.end) ? b : a)).end
  const covering = { key: btoa(start), range_end: end === undefined ? 'AA==' : btoa(end) }
  const wants = (key: string) => {
    const binary = decodeBinary(key)
    return spans.some((span) => binary >= span.start && (span.end === undefined || binary < span.end))
  }
  return { creates: [{ ...covering, ...common }], wants }
}

/**
 * One watch for each range, all in one stream: for a user that may read the ranges but not what lies between them.
 * @throws RangeError when they do not fit into one request.
 */
export function separatePlan(target: WatchTarget, common: Common): WatchPlan {
  const plan = { creates: wireRanges(target).map((range) => ({ ...range, ...common })) }
  const longest = plan.creates.map(() => ({ next: Number.MAX_SAFE_INTEGER }))
  if (watchBody(plan, longest).length > safeBodyBytes) {
    throw new RangeError(
      `ranges: ${plan.creates.length} ranges do not fit into one request for a user that may not read what lies between them`,
    )
  }
  return plan
}

export function watchBody(
  { creates }: WatchPlan,
  cursors: readonly Pick<WatchCursor, 'next'>[],
  mapping?: KeyMapping,
): string {
  return creates
    .map((create) => mapping?.request(create) ?? create)
    .map((create, index) =>
      JSON.stringify({
        create_request: {
          ...create,
          start_revision: writeInt64(cursors[index]?.next ?? 1, 'startRevision'),
          // Asked for also when the reader does not want them: they move the point of resumption past compactions.
          progress_notify: true,
          fragment: true,
          ...(creates.length > 1 ? { watch_id: String(index + 1) } : {}),
        },
      }),
    )
    .join('')
}

function wireRanges(target: WatchTarget): WireKeyRange[] {
  if ('ranges' in target) {
    if (target.ranges.length === 0) throw new TypeError('ranges must hold at least one range')
    return target.ranges.map(wireRange)
  }
  if ('key' in target && target.rangeEnd === undefined) return [{ key: wireKey(target.key) }]
  return [wireRange(target as KeyRange)]
}

interface Span {
  readonly start: string
  /** Undefined is no end. */
  readonly end: string | undefined
}

function toSpan({ key, range_end }: WireKeyRange): Span {
  const start = decodeBinary(key)
  if (range_end === undefined) return { start, end: `${start}\0` }
  return { start, end: range_end === 'AA==' ? undefined : decodeBinary(range_end) }
}
