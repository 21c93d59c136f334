import { NoInstancesError } from '../../errors.ts'
import type { Instancer } from '../instancer.ts'
import type { Resolver } from '../resolver.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import type { LiveInstances, ServiceBalancer } from './options.ts'
import { untilAborted } from './until-aborted.ts'

/** Where the instances come from: a resolver, or live sets, each for its own service. */
export type ServiceSource = Pick<Resolver, 'resolve'> | readonly Instancer[]

/** One balancer for each service. Data only: what one request of a Worker waits for is never handed to another. */
export interface ServiceBalancers {
  /**
   * The balancer of a service, its instances up to date.
   * @throws NoInstancesError for a service that none of the live sets is for; what the source throws.
   */
  of(service: string, signal: AbortSignal | undefined): Promise<ServiceBalancer>
}

/** @throws TypeError unless it is one. */
export function checkSource(source: unknown): void {
  const given: readonly unknown[] = Array.isArray(source) ? source : [source]
  const wanted = Array.isArray(source) ? ['ready', 'snapshot'] : ['resolve']
  for (const each of given) {
    if (wanted.some((name) => typeof Object(each)[name] !== 'function')) {
      throw new TypeError('source must be a resolver or an array of instancers')
    }
  }
}

/** As many services as a resolver keeps. A balancer that is made anew has lost its turn, no more. */
const mostServices = 10_000

export function createServiceBalancers(
  source: ServiceSource,
  create: (instances: LiveInstances) => ServiceBalancer,
): ServiceBalancers {
  if ('resolve' in source) return fromResolver(source, create)
  const balancers = new Map(source.map((instancer) => [instancer.service, { instancer, balancer: create(instancer) }]))
  return {
    async of(service, signal) {
      const entry = balancers.get(service)
      if (entry === undefined) throw new NoInstancesError(`no instancer of "${service}" was given`, { service })
      await untilAborted(entry.instancer.ready(), signal)
      return entry.balancer
    },
  }
}

interface Entry {
  readonly state: { snapshot: ServiceSnapshot }
  readonly balancer: ServiceBalancer
}

function fromResolver(
  resolver: Pick<Resolver, 'resolve'>,
  create: (instances: LiveInstances) => ServiceBalancer,
): ServiceBalancers {
  const entries = new Map<string, Entry>()
  return {
    async of(service, signal) {
      const snapshot = await resolver.resolve(service, { signal })
      const known = entries.get(service)
      if (known !== undefined) {
        known.state.snapshot = snapshot
        return known.balancer
      }
      const state = { snapshot }
      const entry = { state, balancer: create({ service, snapshot: () => state.snapshot }) }
      entries.set(service, entry)
      const [oldest] = entries.keys()
      if (entries.size > mostServices && oldest !== undefined) entries.delete(oldest)
      return entry.balancer
    },
  }
}
