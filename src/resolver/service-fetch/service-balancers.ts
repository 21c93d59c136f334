import { NoInstancesError } from '../../errors.ts'
import type { Instancer } from '../instancer.ts'
import type { Resolver } from '../resolver.ts'
import type { LiveInstances, ServiceBalancer } from './options.ts'
import { createResolvedBalancers } from './resolved-balancers.ts'
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

export function createServiceBalancers(
  source: ServiceSource,
  create: (instances: LiveInstances) => ServiceBalancer,
): ServiceBalancers {
  if ('resolve' in source) return createResolvedBalancers(source, create)
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
