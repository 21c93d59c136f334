import type { InstanceFormat } from '../instance/index.ts'
import { byKey } from './record-set.ts'
import type { ResolvedInstance, ServiceSnapshot } from './service-snapshot.ts'
import type { Keep } from './snapshot-cache.ts'

export interface KeptSetOptions {
  readonly keepLastMs: number
  /** What was confirmed longer ago than this is not brought back. */
  readonly maxStaleMs: number
  readonly format: InstanceFormat
}

interface Departure {
  readonly instance: ResolvedInstance
  /** When etcd first did not have it. */
  readonly at: number
}

/**
 * The guard against a mass expiry, as data. Leases that expire together are deleted over several revisions (etcd revokes 1000
 * a second), so the last set that was not empty may be one of a thousand: who has left lately is remembered.
 */
export function keepLastSet({ keepLastMs, maxStaleMs, format }: KeptSetOptions): Keep<ServiceSnapshot> {
  const departures = new WeakMap<ServiceSnapshot, ReadonlyMap<string, Departure>>()

  const leave = (before: ServiceSnapshot, value: ServiceSnapshot): ReadonlyMap<string, Departure> => {
    const at = value.updatedAt
    const here = new Set(value.instances.map(nameOf))
    const recent = [...(departures.get(before) ?? [])].filter(([, departure]) => departure.at > at - keepLastMs)
    const left = before.instances.map((instance): [string, Departure] => [nameOf(instance), { instance, at }])
    return new Map([...recent, ...left].filter(([name]) => !here.has(name)))
  }

  return (before, value) => {
    if (before === undefined) return undefined
    const left = leave(before.value, value)
    if (left.size > 0) departures.set(value, left)
    if (value.instances.length > 0) return undefined
    if (before.value.instances.length === 0) return before.kept
    if (value.updatedAt - before.value.updatedAt > maxStaleMs) return undefined
    const known = [...left.values()].map(({ instance }) => instance).sort(byKey)
    const instances = Object.freeze([...(format.visible?.(known) ?? known)])
    return { value: Object.freeze({ ...before.value, instances, stale: true }), until: value.updatedAt + keepLastMs }
  }
}

const nameOf = ({ key, id }: ResolvedInstance) => `${key}\n${id}`
