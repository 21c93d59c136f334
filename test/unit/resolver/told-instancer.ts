import type { ServiceInstance } from '../../../src/instance/index.ts'
import type { Instancer, InstancerListener, ResolvedInstance, ServiceSnapshot } from '../../../src/resolver/index.ts'
import { instance } from './candidates.ts'

/** An instancer that says what a test tells it to say. */
export interface ToldInstancer extends Pick<Instancer, 'service' | 'subscribe'> {
  /** A complete set; a text is the id of an instance. */
  set(...instances: readonly (string | ServiceInstance)[]): void
  fail(error: unknown): void
  subscriberCount(): number
}

export function toldInstancer(): ToldInstancer {
  const listeners = new Set<InstancerListener>()
  return {
    service: 'web',
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(...instances) {
      const snapshot: ServiceSnapshot = {
        service: 'web',
        revision: 1,
        clusterId: '1',
        instances: instances.map(resolved),
        updatedAt: 0,
        stale: false,
        rejected: 0,
      }
      const change = { added: snapshot.instances, updated: [], removed: [] }
      for (const listener of listeners) listener({ type: 'snapshot', snapshot, change })
    },
    fail(error) {
      for (const listener of listeners) listener({ type: 'error', error })
    },
    subscriberCount: () => listeners.size,
  }
}

function resolved(each: string | ServiceInstance): ResolvedInstance {
  const whole = typeof each === 'string' ? instance(each) : each
  return { ...whole, key: `/services/web/${whole.id}`, leaseId: '0', createRevision: 1, modRevision: 1 }
}
