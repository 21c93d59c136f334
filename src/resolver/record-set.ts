import { InvalidInstanceError } from '../errors.ts'
import type { KeyValue } from '../http-client/index.ts'
import { type InstanceFormat, sameInstance } from '../instance/index.ts'
import type { InstanceMatcher } from './instance-filter.ts'
import type { OnRejected, ResolvedInstance } from './service-snapshot.ts'

/** What has changed between two states, in callers' terms; Kitex's `Change`. */
export interface Change {
  readonly added: readonly ResolvedInstance[]
  readonly updated: readonly ResolvedInstance[]
  readonly removed: readonly ResolvedInstance[]
}

/** What has become of a record: an event of a watch, or what a list has found otherwise. */
export type RecordEvent =
  | { readonly type: 'put'; readonly kv: KeyValue }
  | { readonly type: 'delete'; readonly kv: Pick<KeyValue, 'key' | 'modRevision'> }

/**
 * The records under one directory, by key, and the instances they hold in key order. A record that cannot be read is
 * counted, and the last good one of its key stays in use until the key is deleted (as etcd's own naming resolver does). An instance that does not
 * match is as good as not there.
 */
export interface RecordSet {
  /** Those that callers see, in key order. A new, frozen array after each change; the same one until then. */
  instances(): readonly ResolvedInstance[]
  rejected(): number
  /** Replaces everything by what a list has found. */
  replace(kvs: readonly KeyValue[]): Change
  /** What came of several events together: an instance that was put and deleted again is no change. */
  apply(events: readonly RecordEvent[]): Change
}

const none: readonly ResolvedInstance[] = []
const all: InstanceMatcher = () => true

export interface RecordSetOptions {
  /** The service that was asked for. @default the one that each key says */
  readonly service?: string
  readonly onRejected?: OnRejected | undefined
  /** An instance that does not match is as good as not there. @default all do */
  readonly matches?: InstanceMatcher
  /** What was known before, for records that can no longer be read. */
  readonly seed?: readonly ResolvedInstance[] | undefined
}

export function createRecordSet(format: InstanceFormat, options: RecordSetOptions = {}): RecordSet {
  const { service, onRejected, matches = all, seed = none } = options
  // A record that nobody may see may still hide others.
  const [readable, visible] = format.visible === undefined ? [matches, all] : [all, matches]
  /** By key. Never handed out: a change edits it in place, and callers get one frozen copy, however many events it had. */
  let sorted: ResolvedInstance[] = [...seed]
  let isEdited = false
  /** Those of them that the format lets callers see. */
  let shown: readonly ResolvedInstance[] = seed
  const bad = new Set<string>()

  const decode = (kv: KeyValue): readonly ResolvedInstance[] | undefined => {
    try {
      const decoded: ResolvedInstance[] = []
      for (const instance of format.decode(kv.key, kv.value, service)) {
        if (readable(instance)) decoded.push(resolved(instance, kv))
      }
      bad.delete(kv.key)
      return decoded
    } catch (error) {
      if (!(error instanceof InvalidInstanceError)) throw error
      bad.add(kv.key)
      onRejected?.(kv.key, error)
      return undefined
    }
  }

  const show = (): void => {
    if (!isEdited) return
    isEdited = false
    shown = Object.freeze(format.visible === undefined ? sorted.slice() : format.visible(sorted).filter(visible))
  }

  const rangeOf = (key: string) => {
    const start = lowerBound(sorted, key)
    let end = start
    while (sorted[end]?.key === key) end += 1
    return { start, end }
  }

  /** Puts other instances in the place of those of one key. */
  const splice = (key: string, instances: readonly ResolvedInstance[]): void => {
    const { start, end } = rangeOf(key)
    if (start === end && instances.length === 0) return
    sorted.splice(start, end - start, ...instances)
    isEdited = true
  }

  const instancesOf = (key: string): readonly ResolvedInstance[] => {
    const { start, end } = rangeOf(key)
    return sorted.slice(start, end)
  }

  const applyOne = ({ type, kv }: RecordEvent): void => {
    if (type === 'delete') bad.delete(kv.key)
    const instances = type === 'delete' ? none : decode(kv)
    if (instances !== undefined) splice(kv.key, instances)
  }

  return {
    instances: () => shown,
    rejected: () => bad.size,
    apply(events) {
      const shownBefore = shown
      const before = new Map<string, readonly ResolvedInstance[]>()
      for (const event of events) {
        const { key } = event.kv
        if (!before.has(key)) before.set(key, instancesOf(key))
        applyOne(event)
      }
      show()
      // One record may have shown or hidden any other.
      if (format.visible !== undefined) return diff(shownBefore, shown)
      const keys = [...before.keys()]
      return diff([...before.values()].flat(), keys.flatMap(instancesOf))
    },
    replace(kvs) {
      const before = sorted
      const shownBefore = shown
      let known: ReadonlyMap<string, readonly ResolvedInstance[]> | undefined
      // Of the same life of the key: what was deleted meanwhile is gone, whatever was put there afterwards.
      const kept = ({ key, createRevision }: KeyValue) => {
        known ??= byTheirKeys(before)
        return (known.get(key) ?? none).filter((instance) => instance.createRevision === createRevision)
      }
      bad.clear()
      sorted = []
      for (const kv of kvs) for (const instance of decode(kv) ?? kept(kv)) sorted.push(instance)
      sorted.sort(byKey)
      isEdited = true
      show()
      return diff(shownBefore, shown)
    },
  }
}

function resolved(instance: Parameters<typeof sameInstance>[0], kv: KeyValue): ResolvedInstance {
  const { key, leaseId, createRevision, modRevision } = kv
  return Object.freeze({ ...instance, key, leaseId, createRevision, modRevision })
}

/** Instances are in the order of their keys. */
export const byKey = (a: ResolvedInstance, b: ResolvedInstance): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

function byTheirKeys(instances: readonly ResolvedInstance[]): ReadonlyMap<string, readonly ResolvedInstance[]> {
  const groups = new Map<string, ResolvedInstance[]>()
  for (const instance of instances) {
    const group = groups.get(instance.key)
    if (group === undefined) groups.set(instance.key, [instance])
    else group.push(instance)
  }
  return groups
}

function lowerBound(sorted: readonly ResolvedInstance[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle]?.key ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Instances are told apart by where they are stored and their id. A rewrite that says the same is no change. */
export function diff(before: readonly ResolvedInstance[], after: readonly ResolvedInstance[]): Change {
  if (before.length === 0) return { added: [...after], updated: [], removed: [] }
  const name = ({ key, id }: ResolvedInstance) => `${key}\n${id}`
  const old = new Map(before.map((instance) => [name(instance), instance]))
  const added: ResolvedInstance[] = []
  const updated: ResolvedInstance[] = []
  for (const instance of after) {
    const was = old.get(name(instance))
    old.delete(name(instance))
    if (was === undefined) added.push(instance)
    else if (!sameInstance(was, instance)) updated.push(instance)
  }
  return { added, updated, removed: [...old.values()] }
}
