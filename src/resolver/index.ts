export { type Balancer, type BalancerSource, type PickOptions, random, roundRobin } from './balancer.ts'
export type { InstanceFilter } from './instance-filter.ts'
export { createInstancer, type Instancer, type InstancerOptions } from './instancer.ts'
export type { Change } from './record-set.ts'
export {
  type CatalogSnapshot,
  createResolver,
  type ResolveOptions,
  type Resolver,
  type ResolverOptions,
} from './resolver.ts'
export type { OnRejected, ResolvedInstance, ServiceSnapshot } from './service-snapshot.ts'
export type { InstancerEvent, InstancerListener, InstancerTrouble } from './subscribers.ts'
