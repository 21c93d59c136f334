import type { Resolver } from '../resolver.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import type { LiveInstances, ServiceBalancer } from './options.ts'
import type { ServiceBalancers } from './service-balancers.ts'

interface Entry {
  readonly balancer: ServiceBalancer
  snapshot: ServiceSnapshot
}

/** As many services as a resolver keeps. A balancer that is made anew has lost its turn, no more. */
const mostServices = 10_000

/** Balancers on what a resolver gives. */
export function createResolvedBalancers(
  resolver: Pick<Resolver, 'resolve'>,
  create: (instances: LiveInstances) => ServiceBalancer,
): ServiceBalancers {
  const entries = new Map<string, Entry>()

  const enter = (service: string, snapshot: ServiceSnapshot): Entry => {
    const live = { service, snapshot: () => entry.snapshot }
    const entry: Entry = { snapshot, balancer: create(live) }
    entries.set(service, entry)
    const [oldest] = entries.keys()
    if (entries.size > mostServices && oldest !== undefined) entries.delete(oldest)
    return entry
  }

  return {
    async of(service, signal) {
      const snapshot = await resolver.resolve(service, signal && { signal })
      // Two that asked at once for the first time: one balancer for both.
      const entry = entries.get(service) ?? enter(service, snapshot)
      entry.snapshot = snapshot
      return entry.balancer
    },
  }
}
