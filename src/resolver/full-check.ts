import { jitter, sleep } from '../backoff.ts'
import type { ServiceListing } from './list-many.ts'
import type { LiveSet } from './live-set.ts'

/** How long an event may take that has happened before the list was made; the list holds what it tells. */
const settleMs = 2000
/** The longest that a timer can wait. */
const longestMs = 2 ** 31 - 1

export interface FullChecks {
  readonly everyMs: number
  readonly sets: () => readonly LiveSet[]
  readonly list: (sets: readonly LiveSet[], signal: AbortSignal) => Promise<ServiceListing>
  /** Which one the watch has just now; undefined while it has none. */
  readonly connection: () => number | undefined
}

/**
 * Lists again from time to time while the watch goes on, and puts right what it has missed. A check that fails is no
 * trouble of the sets: the watch tells that, and the next check comes. @returns how to stop
 */
export function startFullChecks(checks: FullChecks): () => Promise<void> {
  const stop = new AbortController()
  const running = run(checks, stop.signal).catch(() => {})
  return () => {
    stop.abort()
    return running
  }
}

async function run(checks: FullChecks, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(Math.min(jitter(checks.everyMs), longestMs), signal)
    await check(checks, signal).catch(() => {})
  }
}

async function check({ sets, list, connection }: FullChecks, signal: AbortSignal): Promise<void> {
  const connected = connection()
  if (connected === undefined) return
  const checked = sets()
  for (const set of checked) set.beginCheck()
  try {
    const { services, ...header } = await list(checked, signal)
    const missed = checked.map((set, index) => set.compare(header, services[index]?.kvs ?? []))
    if (missed.some(({ length }) => length > 0)) await sleep(settleMs, signal)
    // A watch that was away has caught up or will: nothing can be told of what it has not brought.
    if (signal.aborted || connection() !== connected) return
    for (const [index, set] of checked.entries()) set.repair(header, missed[index] ?? [])
  } finally {
    for (const set of checked) set.endCheck()
  }
}
