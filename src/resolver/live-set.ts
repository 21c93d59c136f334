import { UnavailableError } from '../errors.ts'
import type { KeyValue, ResponseHeader, WatchEvent } from '../http-client/index.ts'
import type { InstanceFormat } from '../instance/index.ts'
import { notify } from '../notify.ts'
import type { InstanceMatcher } from './instance-filter.ts'
import type { Instancer } from './instancer.ts'
import { type Change, createRecordSet } from './record-set.ts'
import type { OnRejected, ServiceSnapshot } from './service-snapshot.ts'
import { createSnapshotIterator } from './snapshot-iterator.ts'
import { createSubscribers, type InstancerListener, type InstancerTrouble } from './subscribers.ts'

export interface LiveSetOptions {
  readonly format: InstanceFormat
  readonly matches: InstanceMatcher
  readonly onRejected: OnRejected | undefined
}

/** Where a set has its news from. */
export interface Feed {
  /** Somebody wants to know: begin, unless that has been done. */
  start(): void
  /** Nobody wants to know any more. */
  leave(set: LiveSet): Promise<void>
}

/** One service as it is known now, and what is told of it. What is heard after its end changes nothing. */
export interface LiveSet {
  readonly service: string
  readonly instancer: Instancer
  /** All records, as a list has found them. */
  listed(header: ResponseHeader, kvs: readonly KeyValue[]): void
  changed(revision: number, events: readonly WatchEvent[]): void
  /** etcd cannot be asked. */
  failed(error: unknown): void
  /** etcd can be asked again. */
  recovered(): void
}

const noChange: Change = frozen({ added: [], updated: [], removed: [] })

export function createLiveSet(service: string, options: LiveSetOptions, feed: Feed): LiveSet {
  const { format, matches, onRejected } = options
  const reject: OnRejected | undefined =
    onRejected && ((key, reason) => notify(() => onRejected(key, reason), undefined))
  const records = createRecordSet(format, { service, matches, onRejected: reject })
  const subscribers = createSubscribers()
  let header: ResponseHeader = { revision: 0, clusterId: '0' }
  let snapshot: ServiceSnapshot | undefined
  /** Since the last good news. */
  let trouble: InstancerTrouble | undefined
  const closed = new AbortController()
  let waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []

  const settle = (how: (waiter: (typeof waiting)[number]) => void) => {
    const settled = waiting
    waiting = []
    settled.forEach(how)
  }
  const closedError = () => new UnavailableError(`the instancer of "${service}" is closed`)

  const publish = (change: Change) => {
    const news = snapshot === undefined || trouble !== undefined || !isEmpty(change)
    trouble = undefined
    snapshot = Object.freeze({
      service,
      ...header,
      instances: records.instances(),
      updatedAt: Date.now(),
      stale: false,
      rejected: records.rejected(),
    })
    if (news) subscribers.tell(Object.freeze({ type: 'snapshot', snapshot, change: frozen(change) }))
  }

  const subscribe = (listener: InstancerListener) => {
    const unsubscribe = subscribers.add(listener, snapshot, trouble)
    if (!closed.signal.aborted) feed.start()
    return unsubscribe
  }

  const set: LiveSet = {
    service,
    listed({ revision, clusterId }, kvs) {
      header = { revision, clusterId }
      publish(records.replace(kvs))
      settle(({ resolve }) => resolve())
    },
    changed(revision, events) {
      header = { ...header, revision }
      publish(records.apply(events))
    },
    failed(error) {
      trouble = Object.freeze({ type: 'error', error })
      if (snapshot !== undefined && !snapshot.stale) snapshot = Object.freeze({ ...snapshot, stale: true })
      subscribers.tell(trouble)
      settle(({ reject }) => reject(error))
    },
    recovered() {
      if (trouble === undefined || snapshot === undefined) return
      trouble = undefined
      snapshot = Object.freeze({ ...snapshot, stale: false, updatedAt: Date.now() })
      subscribers.tell(Object.freeze({ type: 'snapshot', snapshot, change: noChange }))
    },
    instancer: {
      service,
      ready() {
        if (snapshot !== undefined) return Promise.resolve()
        if (closed.signal.aborted) return Promise.reject(closedError())
        const listing = new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
        feed.start()
        return listing
      },
      snapshot() {
        if (snapshot !== undefined) return snapshot
        throw new UnavailableError(`"${service}" has not been listed yet: await ready()`)
      },
      subscribe,
      [Symbol.asyncIterator]: () =>
        createSnapshotIterator({ subscribe, current: () => snapshot, closed: closed.signal }),
      close,
      [Symbol.asyncDispose]: close,
    },
  }
  return set

  async function close(): Promise<void> {
    subscribers.clear()
    closed.abort()
    settle(({ reject }) => reject(closedError()))
    await feed.leave(set)
  }
}

const isEmpty = ({ added, updated, removed }: Change) => added.length + updated.length + removed.length === 0

/** All subscribers are given the same lists. */
function frozen(change: Change): Change {
  for (const list of Object.values(change)) Object.freeze(list)
  return Object.freeze(change)
}
