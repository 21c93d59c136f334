import { UnavailableError } from '../errors.ts'
import type { KeyValue, ResponseHeader } from '../http-client/index.ts'
import type { InstanceFormat } from '../instance/index.ts'
import { notify } from '../notify.ts'
import { createEmptyGuard } from './empty-guard.ts'
import type { InstanceMatcher } from './instance-filter.ts'
import type { Instancer, OnDrift } from './instancer.ts'
import { createRecordRevisions } from './record-revisions.ts'
import { type Change, createRecordSet, diff, type RecordEvent } from './record-set.ts'
import type { OnRejected, ResolvedInstance, ServiceSnapshot } from './service-snapshot.ts'
import { createSnapshotIterator } from './snapshot-iterator.ts'
import { createSubscribers, type InstancerListener, type InstancerTrouble } from './subscribers.ts'

export interface LiveSetOptions {
  readonly format: InstanceFormat
  readonly matches: InstanceMatcher
  readonly onRejected: OnRejected | undefined
  /** For how long to show those who left last when nobody is left; undefined: not at all. */
  readonly keepLastMs: number | undefined
  readonly onDrift: OnDrift | undefined
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
  isOpen(): boolean
  /** All records, as a list has found them. */
  listed(header: ResponseHeader, kvs: readonly KeyValue[]): void
  changed(revision: number, events: readonly RecordEvent[]): void
  /** etcd cannot be asked. */
  failed(error: unknown): void
  /** etcd can be asked again. */
  recovered(): void
  /** A list is about to be made while events go on. */
  beginCheck(): void
  /** What it knows better. */
  compare(header: ResponseHeader, kvs: readonly KeyValue[]): readonly RecordEvent[]
  /** What of that no event has told since was missed: it is put right, counted and told. */
  repair(header: ResponseHeader, missed: readonly RecordEvent[]): void
  endCheck(): void
}

const noChange: Change = frozen({ added: [], updated: [], removed: [] })

export function createLiveSet(service: string, options: LiveSetOptions, feed: Feed): LiveSet {
  const { format, matches, onRejected, onDrift, keepLastMs } = options
  const tellRejected: OnRejected | undefined =
    onRejected && ((key, reason) => notify(() => onRejected(key, reason), undefined))
  const records = createRecordSet(format, { service, matches, onRejected: tellRejected })
  const revisions = createRecordRevisions()
  const subscribers = createSubscribers()
  const guard = keepLastMs === undefined ? undefined : createEmptyGuard(keepLastMs, format, () => publish(noChange))
  let header: ResponseHeader = { revision: 0, clusterId: '0' }
  /** Up to here all is known, whatever may still arrive. */
  let knownRevision = 0
  let drift = 0
  let snapshot: ServiceSnapshot | undefined
  /** Whether the snapshot holds instances that etcd no longer has. */
  let isKept = false
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

  /** @param change in what etcd has; what is told is how the snapshot has changed. */
  const publish = (change: Change) => {
    const before = snapshot
    const wasKept = isKept
    const kept = guard?.keep(records.instances(), change, (key) => !revisions.has(key))
    isKept = kept !== undefined
    const instances = kept ?? records.instances()
    const told = isKept || wasKept ? differences(before, instances) : change
    const news = before === undefined || trouble !== undefined || isKept !== wasKept || sizeOf(told) > 0
    trouble = undefined
    guard?.resume()
    const now = { ...header, updatedAt: Date.now() }
    // Of what it no longer has, etcd confirms nothing.
    const { revision, clusterId, updatedAt } = isKept && before !== undefined ? before : now
    const rejected = records.rejected()
    snapshot = Object.freeze({ service, revision, clusterId, instances, updatedAt, stale: isKept, rejected })
    if (news) subscribers.tell(Object.freeze({ type: 'snapshot', snapshot, change: frozen(told) }))
  }

  const apply = (events: readonly RecordEvent[]): Change => {
    revisions.apply(events)
    const change = records.apply(events)
    publish(change)
    return change
  }

  const subscribe = (listener: InstancerListener) => {
    const unsubscribe = subscribers.add(listener, snapshot, trouble)
    if (!closed.signal.aborted) feed.start()
    return unsubscribe
  }

  const set: LiveSet = {
    service,
    isOpen: () => !closed.signal.aborted,
    listed({ revision, clusterId }, kvs) {
      header = { revision, clusterId }
      knownRevision = revision
      revisions.replace(kvs)
      publish(records.replace(kvs))
      settle(({ resolve }) => resolve())
    },
    changed(revision, events) {
      header = { ...header, revision: Math.max(revision, header.revision) }
      apply(events.filter(({ kv }) => kv.modRevision > knownRevision))
    },
    failed(error) {
      guard?.pause()
      trouble = Object.freeze({ type: 'error', error })
      if (snapshot !== undefined && !snapshot.stale) snapshot = Object.freeze({ ...snapshot, stale: true })
      subscribers.tell(trouble)
      settle(({ reject }) => reject(error))
    },
    recovered() {
      if (trouble === undefined || snapshot === undefined) return
      trouble = undefined
      guard?.resume()
      const updatedAt = isKept ? snapshot.updatedAt : Date.now()
      snapshot = Object.freeze({ ...snapshot, stale: isKept, updatedAt })
      subscribers.tell(Object.freeze({ type: 'snapshot', snapshot, change: noChange }))
    },
    beginCheck: revisions.beginCheck,
    endCheck: revisions.endCheck,
    compare: ({ revision, clusterId }, kvs) => (clusterId === header.clusterId ? revisions.compare(kvs, revision) : []),
    repair({ revision, clusterId }, missed) {
      if (closed.signal.aborted || clusterId !== header.clusterId) return
      header = { clusterId, revision: Math.max(revision, header.revision) }
      knownRevision = Math.max(revision, knownRevision)
      const change = apply(revisions.stillMissed(missed))
      const count = sizeOf(change)
      drift += count
      if (count > 0) notify(onDrift, Object.freeze({ service, ...change }))
    },
    instancer: {
      service,
      get drift() {
        return drift
      },
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
    guard?.close()
    settle(({ reject }) => reject(closedError()))
    await feed.leave(set)
  }
}

const sizeOf = ({ added, updated, removed }: Change) => added.length + updated.length + removed.length

function differences(before: ServiceSnapshot | undefined, instances: readonly ResolvedInstance[]): Change {
  return before?.instances === instances ? noChange : diff(before?.instances ?? [], instances)
}

/** All subscribers are given the same lists. */
function frozen(change: Change): Change {
  for (const list of Object.values(change)) Object.freeze(list)
  return Object.freeze(change)
}
