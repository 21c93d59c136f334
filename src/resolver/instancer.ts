import type { WatchOptions } from '../http-client/index.ts'
import type { InstanceFormat } from '../instance/index.ts'
import type { InstanceFilter } from './instance-filter.ts'
import type { OnEmpty } from './on-empty.ts'
import type { Change } from './record-set.ts'
import type { OnRejected, ServiceSnapshot } from './service-snapshot.ts'
import type { InstancerListener } from './subscribers.ts'

export interface InstancerOptions {
  /** How instances are written. @default native() */
  readonly format?: InstanceFormat
  /** Only these instances are in the set: what changes elsewhere is no change. @default all */
  readonly filter?: InstanceFilter
  /** Told of each record that cannot be read. */
  readonly onRejected?: OnRejected
  /**
   * What to do when etcd says that the set has become empty. `accept`: etcd's word counts. `{ keepLastMs }`: a guard against
   * a mass expiry. The instances whose records were deleted within the last `keepLastMs` are shown instead, `stale`, with
   * what etcd last said of each, those that were told as removed included, for leases that expire together are deleted one
   * after the other. That ends when there is an instance again, and then etcd's set is told at once, or `keepLastMs`
   * after the set became empty, and then the empty set is told; time during which etcd cannot be asked does not count. So
   * an instance that is really gone may be shown for up to twice `keepLastMs` after it went, also when all of them were
   * deregistered on purpose: etcd does not tell the two apart. @default 'accept'
   */
  readonly onEmpty?: OnEmpty
  /**
   * How often, in milliseconds and moved by up to a tenth either way, everything is listed again while the watch goes on; 0:
   * never. For each record the newer word counts, the list's or the watch's. What the list has and the watch has not told 2 s
   * later is put right as any change is, counted in `drift`, and told to `onDrift`. A check that fails, or that the
   * watch is interrupted in, changes nothing. It is for losses that nobody can see: a proxy that drops a line of the stream, a
   * fault of etcd's. @default 300000
   */
  readonly fullCheckMs?: number
  /** Told of what a full check has put right, apart from the subscribers, for whom it is a change as any other. */
  readonly onDrift?: OnDrift
  /** Timers of the stream; see the client's `watch`. */
  readonly watch?: Pick<WatchOptions, 'headerTimeoutMs' | 'idleMs' | 'maxAgeMs'>
}

/** The instances that a full check found wrong. */
export interface Drift extends Change {
  readonly service: string
}

export type OnDrift = (drift: Drift) => void

/**
 * The live set of a service's instances. `for await (const snapshot of instancer)` gives the set as it is, or as soon as it
 * has been listed, and then the newest each time that there is news: a slow reader misses what was in between. An error does
 * not end it; the set that is then `stale` is given once. Leaving the loop unsubscribes, `close()` ends it. Each loop is
 * one of its own.
 */
export interface Instancer extends AsyncDisposable, AsyncIterable<ServiceSnapshot> {
  readonly service: string
  /**
   * Resolves when the set has been listed. Rejects when the attempt under way fails; the instancer goes on trying, so
   * asking again waits for the next attempt.
   */
  ready(): Promise<void>
  /** How many instances full checks have found wrong since it was created: 0 unless the watch loses events. */
  readonly drift: number
  /** The set as it is known now. @throws UnavailableError before it has been listed for the first time. */
  snapshot(): ServiceSnapshot
  /**
   * Told of the current state at once: the set, when there is one, and the error, when etcd cannot be asked; then of every
   * change and error, and of the set again when an error is over. Returns how to stop being told.
   */
  subscribe(listener: InstancerListener): () => void
  [Symbol.asyncIterator](): AsyncIterableIterator<ServiceSnapshot>
  /** Ends the watch and every iteration. Nothing is told afterwards. Safe to repeat. */
  close(): Promise<void>
}
