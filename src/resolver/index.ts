export { type Balancer, type BalancerSource, type PickOptions, random, roundRobin } from './balancer.ts'
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
