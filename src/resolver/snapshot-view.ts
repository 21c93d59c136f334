import { createMatcher, type InstanceFilter } from './instance-filter.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/** What a caller sees of a snapshot. */
export type SnapshotView = (snapshot: ServiceSnapshot) => ServiceSnapshot

export const whole: SnapshotView = (snapshot) => snapshot

/** Those instances only that match. @throws TypeError for what is no filter. */
export function createView(filter: InstanceFilter): SnapshotView {
  const matches = createMatcher(filter)
  return (snapshot) => Object.freeze({ ...snapshot, instances: Object.freeze(snapshot.instances.filter(matches)) })
}

/** Of the same snapshot always the same view: whoever compares by identity, as balancers do, sees no change. */
export function remembered(view: SnapshotView): SnapshotView {
  const views = new WeakMap<ServiceSnapshot, ServiceSnapshot>()
  return (snapshot) => {
    const seen = views.get(snapshot)
    if (seen !== undefined) return seen
    const seenNow = view(snapshot)
    views.set(snapshot, seenNow)
    return seenNow
  }
}
