import type { ServiceInstance } from '../../../src/instance/index.ts'
import type { Instancer, ResolvedInstance, ServiceSnapshot } from '../../../src/resolver/index.ts'

export const instance = (id: string, more: Partial<ServiceInstance> = {}): ServiceInstance => ({
  id,
  service: 'web',
  address: `${id}:80`,
  weight: 100,
  tags: {},
  ...more,
})

/** A live set that a test changes by hand. An instance that is given again is the same object again, as an instancer's is. */
export interface ChangingSet extends Pick<Instancer, 'service' | 'snapshot'> {
  set(instances: readonly ServiceInstance[]): void
}

export function changingSet(initial: readonly ServiceInstance[]): ChangingSet {
  const known = new WeakMap<ServiceInstance, ResolvedInstance>()
  const found = (each: ServiceInstance): ResolvedInstance => {
    const resolved = known.get(each) ?? { ...each, key: each.id, leaseId: '0', createRevision: 1, modRevision: 1 }
    known.set(each, resolved)
    return resolved
  }
  const snapshotOf = (instances: readonly ServiceInstance[]): ServiceSnapshot => ({
    service: 'web',
    revision: 1,
    clusterId: '1',
    instances: instances.map(found),
    updatedAt: 0,
    stale: false,
    rejected: 0,
  })
  let snapshot = snapshotOf(initial)
  return {
    service: 'web',
    snapshot: () => snapshot,
    set(instances) {
      snapshot = snapshotOf(instances)
    },
  }
}

/** A sequence of numbers in [0, 1), always the same one. Source: mulberry32 by Tommy Ettinger, public domain. */
export function seeded(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How often each was picked. */
export function countsOf(picks: number, pick: () => { readonly id: string }): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let index = 0; index < picks; index++) {
    const { id } = pick()
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}
