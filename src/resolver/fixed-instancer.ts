import { completeInstance, type InstanceInput, raw, type ServiceInstance } from '../instance/index.ts'
import type { Instancer } from './instancer.ts'
import type { ResolvedInstance, ServiceSnapshot } from './service-snapshot.ts'
import { createSnapshotIterator } from './snapshot-iterator.ts'
import { createSubscribers, type InstancerListener } from './subscribers.ts'

/**
 * Instances that are known beforehand, behind the interface of a live set: for tests, and for a service that is not in
 * etcd. A text is what go-kit calls an instance, `host:port` or a URL; its `id` is the text, and it is kept in `extra.value`.
 * An id that is not given is the address. Nothing ever changes: an iteration waits behind the first set until it is left or
 * `close()` ends it.
 *
 * Source: go-kit `sd.FixedInstancer`.
 *
 * @param service of the set, and of the instances given as texts. @default that of the first instance that says it, else "fixed"
 * @throws InvalidInstanceError naming the field.
 */
export function fixedInstancer(instances: readonly (InstanceInput | string)[], service?: string): Instancer {
  const name = service ?? instances.find((instance) => typeof instance !== 'string')?.service ?? 'fixed'
  const snapshot: ServiceSnapshot = Object.freeze({
    service: name,
    revision: 0,
    clusterId: '0',
    instances: Object.freeze(instances.flatMap((instance) => resolve(instance, name))),
    updatedAt: Date.now(),
    stale: false,
    rejected: 0,
  })
  const closed = new AbortController()
  const close = async () => closed.abort()
  const subscribe = (listener: InstancerListener) => createSubscribers().add(listener, snapshot)
  return {
    service: name,
    drift: 0,
    ready: async () => {},
    snapshot: () => snapshot,
    subscribe,
    [Symbol.asyncIterator]: () => createSnapshotIterator({ subscribe, current: () => snapshot, closed: closed.signal }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function resolve(instance: InstanceInput | string, service: string): readonly ResolvedInstance[] {
  const format = raw()
  const instances: readonly ServiceInstance[] =
    typeof instance === 'string'
      ? format.decode(`${format.dir(service)}${instance}`, instance)
      : [completeInstance(instance, format)]
  return instances.map((each) =>
    Object.freeze({ ...each, key: each.id, leaseId: '0', createRevision: 0, modRevision: 0 }),
  )
}
