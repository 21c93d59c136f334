import type { Resolver } from '../resolver.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import type { LiveInstances, ServiceBalancer } from './options.ts'
import type { ServiceBalancers } from './service-balancers.ts'

interface Entry {
  readonly balancer: ServiceBalancer
  snapshot: ServiceSnapshot
  /** When the call that asks the resolver just now began to; undefined when none does. Milliseconds since 1970. */
  askingSince: number | undefined
}

/** As many services as a resolver keeps. A balancer that is made anew has lost its turn, no more. */
const mostServices = 10_000
/** Who asks longer than this may have been ended by its runtime: the next one asks as well. */
const patienceMs = 3000
/** What etcd has confirmed within this time will do while another call asks again. */
const recentMs = 10_000

/**
 * Balancers on what a resolver gives. While one call asks it, the others go on with what was known a moment ago: otherwise
 * all calls in flight would ask etcd at once, whenever an answer has become too old. They share a note, not a promise.
 */
export function createResolvedBalancers(
  resolver: Pick<Resolver, 'resolve'>,
  create: (instances: LiveInstances) => ServiceBalancer,
): ServiceBalancers {
  const entries = new Map<string, Entry>()

  const enter = (service: string, snapshot: ServiceSnapshot): Entry => {
    const live = { service, snapshot: () => entry.snapshot }
    const entry: Entry = { snapshot, askingSince: undefined, balancer: create(live) }
    entries.set(service, entry)
    const [oldest] = entries.keys()
    if (entries.size > mostServices && oldest !== undefined) entries.delete(oldest)
    return entry
  }

  return {
    async of(service, signal) {
      const known = entries.get(service)
      const now = Date.now()
      if (known !== undefined && isAsked(known, now)) return known.balancer
      if (known !== undefined) known.askingSince = now
      try {
        const snapshot = await resolver.resolve(service, { signal })
        // Two that asked at once for the first time: one balancer for both.
        const entry = entries.get(service) ?? enter(service, snapshot)
        entry.snapshot = snapshot
        return entry.balancer
      } finally {
        if (known !== undefined) known.askingSince = undefined
      }
    },
  }
}

function isAsked({ askingSince, snapshot }: Entry, now: number): boolean {
  return askingSince !== undefined && now - askingSince < patienceMs && now - snapshot.updatedAt < recentMs
}
