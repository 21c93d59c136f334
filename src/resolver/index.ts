export type { Balancer, BalancerOptions, BalancerSource, Picked, PickOptions } from './balancer.ts'
export { consistentHash, type KeyedBalancer, type KeyedPickOptions } from './consistent-hash.ts'
export { createInstancer } from './create-instancer.ts'

export type { Endpoint, EndpointOptions } from './endpoint.ts'
export {
  createEndpointer,
  type EndpointEntry,
  type Endpointer,
  type EndpointerOptions,
  type EndpointFactory,
  type EndpointHandle,
  type OnEndpointError,
} from './endpointer.ts'
export { fixedEndpointer } from './fixed-endpointer.ts'
export { fixedInstancer } from './fixed-instancer.ts'
export type { InstanceFilter } from './instance-filter.ts'
export type { Drift, Instancer, InstancerOptions, OnDrift } from './instancer.ts'
export { type LeastLoadedBalancer, leastLoaded } from './least-loaded.ts'
export type { OnEmpty } from './on-empty.ts'
export { random } from './random.ts'
export type { Change } from './record-set.ts'
export {
  createResolver,
  type ResolveOptions,
  type Resolver,
  type ResolverOptions,
} from './resolver.ts'
export {
  type EndpointBalancer,
  type RetryCallback,
  type RetryDecision,
  type RetryingEndpoint,
  retry,
  retryWithCallback,
} from './retry.ts'
export { roundRobin } from './round-robin.ts'
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
export type { CatalogSnapshot } from './snapshot-source.ts'
export type { InstancerEvent, InstancerListener, InstancerTrouble } from './subscribers.ts'
export { type LiveServices, watchMany } from './watch-many.ts'
export { weighted } from './weighted.ts'
