import { createBackoff, sleep } from '../backoff.ts'
import { UnavailableError } from '../errors.ts'
import type { EtcdClient, WatchOptions } from '../http-client/index.ts'
import { type InstanceFormat, native, rangesOf } from '../instance/index.ts'
import { listRecords } from './list-records.ts'
import { type Change, createRecordSet } from './record-set.ts'
import type { OnRejected, ServiceSnapshot } from './service-snapshot.ts'
import { createSubscribers, type InstancerListener } from './subscribers.ts'

export interface InstancerOptions {
  /** How instances are written. @default native() */
  readonly format?: InstanceFormat
  /** Told of each record that cannot be read. */
  readonly onRejected?: OnRejected
  /** Timers of the stream; see the client's `watch`. */
  readonly watch?: Pick<WatchOptions, 'headerTimeoutMs' | 'idleMs' | 'maxAgeMs'>
}

/** The live set of a service's instances. */
export interface Instancer extends AsyncDisposable {
  readonly service: string
  /**
   * Resolves when the set has been listed. Rejects when the attempt under way fails; the instancer goes on trying, so
   * asking again waits for the next attempt.
   */
  ready(): Promise<void>
  /** The set as it is known now. @throws UnavailableError before it has been listed for the first time. */
  snapshot(): ServiceSnapshot
  /** Told of the current set at once, when there is one, then of every change and error. Returns how to stop being told. */
  subscribe(listener: InstancerListener): () => void
  /** Ends the watch. Nothing is told afterwards. Safe to repeat. */
  close(): Promise<void>
}

/**
 * Lists a service at revision R, watches from R + 1 and applies the changes one by one; the list is asked for again only
 * when etcd no longer has the history. A failure keeps the last good set, marked `stale`, and is told to the subscribers.
 * Nothing is sent before `ready()` or `subscribe()` is called.
 *
 * @throws InvalidInstanceError for a name that could leave its directory.
 */
export function createInstancer(etcd: EtcdClient, service: string, options: InstancerOptions = {}): Instancer {
  const { format = native(), onRejected, watch } = options
  const ranges = rangesOf(format, service)
  const records = createRecordSet(format, { service, onRejected })
  const subscribers = createSubscribers()
  const stop = new AbortController()
  let snapshot: ServiceSnapshot | undefined
  let listed = false
  let clusterId = '0'
  let loop: Promise<void> | undefined
  let waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []

  const settle = (how: (waiter: (typeof waiting)[number]) => void) => {
    const settled = waiting
    waiting = []
    settled.forEach(how)
  }

  const publish = (revision: number, change: Change) => {
    const first = snapshot === undefined
    snapshot = Object.freeze({
      service,
      revision,
      clusterId,
      instances: records.instances(),
      updatedAt: Date.now(),
      stale: false,
      rejected: records.rejected(),
    })
    const changed = change.added.length + change.updated.length + change.removed.length > 0
    if (first || changed) subscribers.tell({ type: 'snapshot', snapshot, change })
  }

  const troubled = (error: unknown) => {
    if (snapshot !== undefined && !snapshot.stale) snapshot = Object.freeze({ ...snapshot, stale: true })
    subscribers.tell({ type: 'error', error })
    settle(({ reject }) => reject(error))
  }

  const recovered = () => {
    if (snapshot?.stale) snapshot = Object.freeze({ ...snapshot, stale: false, updatedAt: Date.now() })
  }

  const list = async (): Promise<number> => {
    const answer = await listRecords(etcd, format, service, { signal: stop.signal })
    clusterId = answer.clusterId
    publish(answer.revision, records.replace(answer.kvs))
    listed = true
    settle(({ resolve }) => resolve())
    return answer.revision
  }

  /** Follows the changes until the history is no longer to be had. */
  const follow = async (revision: number): Promise<void> => {
    const items = etcd.watch({
      ...watch,
      ranges,
      startRevision: revision + 1,
      signal: stop.signal,
      onState: (state) => (state.state === 'connected' ? recovered() : troubled(state.error)),
    })
    for await (const item of items) {
      if (item.type !== 'events') continue
      publish(item.revision, records.apply(item.events))
    }
  }

  const run = async (): Promise<void> => {
    const backoff = createBackoff()
    for (;;) {
      try {
        const startedAt = performance.now()
        await follow(await list())
        // A reset is answered by listing at once; one that comes again at once is not.
        if (performance.now() - startedAt > 1000) continue
      } catch (error) {
        if (stop.signal.aborted) return
        troubled(error)
      }
      await sleep(backoff.next(), stop.signal)
    }
  }

  const start = () => {
    loop ??= run().catch(() => {})
  }

  return {
    service,
    ready() {
      if (listed) return Promise.resolve()
      if (stop.signal.aborted) return Promise.reject(new UnavailableError(`the instancer of "${service}" is closed`))
      const listing = new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
      start()
      return listing
    },
    snapshot() {
      if (snapshot !== undefined) return snapshot
      throw new UnavailableError(`"${service}" has not been listed yet: await ready()`)
    },
    subscribe(listener) {
      const unsubscribe = subscribers.add(listener, snapshot)
      if (!stop.signal.aborted) start()
      return unsubscribe
    },
    close,
    [Symbol.asyncDispose]: close,
  }

  async function close(): Promise<void> {
    stop.abort()
    subscribers.clear()
    settle(({ reject }) => reject(new UnavailableError(`the instancer of "${service}" is closed`)))
    await loop
  }
}
