import { checkMs } from '../check-ms.ts'
import type { Gateway } from './gateway.ts'
import type { KeyMapping } from './namespace.ts'
import type { ClientConfig } from './options.ts'
import type { WatchItem } from './watch-cursor.ts'
import { runWatchLoop, type WatchState } from './watch-loop.ts'
import { coveringPlan, separatePlan, type WatchTarget } from './watch-request.ts'

export type WatchOptions = WatchTarget & {
  /** The first revision to see: `revision + 1` of a list misses nothing. @default now, learned before anything else */
  readonly startRevision?: number
  /** Ends the watch; the iteration then throws the signal's own reason. */
  readonly signal?: AbortSignal
  /** Give each event what the key held before. @default false */
  readonly prevKv?: boolean
  /** Leave out puts or deletes, at the server. @default all */
  readonly only?: 'put' | 'delete'
  /** Yield `progress` items: the revision up to which everything has been seen. @default false */
  readonly progressNotify?: boolean
  /** How long etcd may take to confirm the watch. @default 5000 */
  readonly headerTimeoutMs?: number
  /** A stream that is silent for longer is opened anew: it may be dead, and etcd has no ping. @default 50000 */
  readonly idleMs?: number
  /** A stream that is older is opened anew, silent or not. Moved by up to a tenth either way. @default 240000 */
  readonly maxAgeMs?: number
  /** Told when the stream is up and when it is down. Reopening an idle or aged stream is neither. */
  readonly onState?: (state: WatchState) => void
}

/** The items of a watch: for a loop, or for a callback. */
export interface WatchItems extends AsyncIterableIterator<WatchItem> {
  /**
   * Gives `callback` one item after the other, and reads no further before what it returns is settled. Resolves when the
   * watch has ended, as `for await` would; an error of the callback closes the watch and is thrown. As TC39's
   * `AsyncIterator.prototype.forEach`.
   */
  forEach(callback: (item: WatchItem) => unknown): Promise<void>
}

/**
 * The changes of some keys, in order, each once. Nothing is sent until the first item is asked for, and nothing is read
 * ahead of the reader. The stream is resumed from the last revision seen after any interruption, for as long as it takes,
 * with delays of at most 2 s; only without `startRevision` etcd has to answer once before. Leaving the loop, `return()` and `signal` close it at once, also in the middle of a wait.
 *
 * @throws TypeError or RangeError for a wrong option, at once.
 * The iteration throws AuthError, WatchCanceledError, ProtocolError or RpcError when opening it again would not help.
 */
export type Watch = (options: WatchOptions) => WatchItems

export function createWatch(gateway: Gateway, config: ClientConfig, mapping?: KeyMapping): Watch {
  return (options) => {
    const { startRevision, progressNotify = false, onState } = options
    if (startRevision !== undefined && (!Number.isSafeInteger(startRevision) || startRevision < 1)) {
      throw new RangeError(`startRevision must be a positive integer, got ${startRevision}`)
    }
    const limits = {
      headerTimeoutMs: checkMs(options.headerTimeoutMs ?? 5000, 'headerTimeoutMs'),
      idleMs: checkMs(options.idleMs ?? 50_000, 'idleMs'),
      maxAgeMs: checkMs(options.maxAgeMs ?? 240_000, 'maxAgeMs'),
    }
    const common = { ...(options.prevKv ? { prev_kv: true } : {}), ...filtersOf(options.only) }
    const plan = coveringPlan(options, common)
    const fallback = plan.wants === undefined ? undefined : () => separatePlan(options, common)
    const loop = { plan, fallback, startRevision, progressNotify, limits, mapping, onState }
    return closable(options.signal, (signal) => runWatchLoop(gateway, config, loop, signal))
  }
}

function filtersOf(only: WatchOptions['only']): { readonly filters?: ('NOPUT' | 'NODELETE')[] } {
  if (only === undefined) return {}
  if (only !== 'put' && only !== 'delete') throw new TypeError('only must be "put" or "delete"')
  return { filters: [only === 'put' ? 'NODELETE' : 'NOPUT'] }
}

/**
 * An iterator that can be ended at any time. That of a generator waits for the read it is in the middle of, and when nobody
 * is reading it does not run at all: an abort would leave its stream's timers to themselves.
 */
function closable(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal) => AsyncGenerator<WatchItem, void>,
): WatchItems {
  const controller = new AbortController()
  const closed = Symbol('closed')
  const generator = start(controller.signal)
  let reading = 0
  let untold: { readonly reason: unknown } | undefined
  const finish = async (reason: unknown): Promise<void> => {
    controller.abort(reason)
    await generator.return().catch(() => {})
  }
  const onAbort = () => {
    if (reading > 0) return controller.abort(signal?.reason)
    untold = { reason: signal?.reason }
    void finish(signal?.reason)
  }
  const detach = () => signal?.removeEventListener('abort', onAbort)
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })

  const iterator: WatchItems = {
    [Symbol.asyncIterator]: () => iterator,
    async forEach(callback) {
      for await (const item of iterator) await callback(item)
    },
    async next() {
      const ended = untold
      untold = undefined
      if (ended !== undefined) throw ended.reason
      reading += 1
      try {
        const result = await generator.next()
        if (result.done) detach()
        return result
      } catch (error) {
        detach()
        if (error === closed) return { done: true, value: undefined }
        throw error
      } finally {
        reading -= 1
      }
    },
    async return() {
      detach()
      untold = undefined
      await finish(closed)
      return { done: true, value: undefined }
    },
  }
  return iterator
}
