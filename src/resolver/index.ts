export { type Balancer, type BalancerSource, type PickOptions, random, roundRobin } from './balancer.ts'
export { createInstancer, type Instancer, type InstancerOptions } from './instancer.ts'
export type { Change } from './record-set.ts'
export {
  type CatalogSnapshot,
  createResolver,
  type ResolveOptions,
  type Resolver,
  type ResolverOptions,
} from './resolver.ts'
export type {
  LiveInstances,
  ServiceBalancer,
  ServiceFetch,
  ServiceFetchOptions,
  ServiceRequest,
} from './service-fetch/options.ts'
export type { ServiceSource } from './service-fetch/service-balancers.ts'
export { createServiceFetch } from './service-fetch/service-fetch.ts'
export type { OnRejected, ResolvedInstance, ServiceSnapshot } from './service-snapshot.ts'
export type { InstancerEvent, InstancerListener } from './subscribers.ts'
