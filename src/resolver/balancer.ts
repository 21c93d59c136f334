import type { ServiceInstance } from '../instance/index.ts'
import type { Endpointer } from './endpointer.ts'
import type { Instancer } from './instancer.ts'
import type { ResolvedInstance } from './service-snapshot.ts'

/**
 * Where a balancer takes its candidates from: a live set of instances, the endpoints made of one, or a list of instances.
 * A list is read once: give a new balancer to a new list.
 */
export type BalancerSource =
  | readonly ServiceInstance[]
  | Pick<Instancer, 'service' | 'snapshot'>
  | Pick<Endpointer<unknown>, 'entries'>

/** What is picked from a source: one of its instances, or one of its endpoints. */
export type Picked<Source extends BalancerSource> = Source extends readonly (infer Instance)[]
  ? Instance
  : Source extends Pick<Endpointer<infer Endpoint>, 'entries'>
    ? Endpoint
    : ResolvedInstance

export interface BalancerOptions {
  /**
   * The caller's own zone. Only its instances are picked while one of them can be; then, all others. Without it zones do
   * not matter.
   */
  readonly zone?: string
  /** For how long an instance is left alone after `reportFailure`; 0: not at all. @default 5000 */
  readonly ejectMs?: number
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number
}

export interface PickOptions<Target = ServiceInstance> {
  /** What this request has tried already and does not want again: ids of instances, or what was picked. */
  readonly exclude?: readonly (string | Target)[]
}

/**
 * Picks one candidate at a time, without waiting and without a request. Instances of weight 0 and draining ones are never
 * picked; changes of the set count from the next pick on.
 */
export interface Balancer<Target = ServiceInstance> {
  /**
   * @throws NoInstancesError when there is none to pick; UnavailableError while a live set has not been listed yet; what
   * the endpointer throws.
   */
  pick(options?: PickOptions<Target>): Target
  /**
   * Leaves an instance alone for `ejectMs`: the one that was picked, or whose endpoint was. Only this balancer knows of it.
   * It is advice: when every candidate would be left alone, all of them are back at once, and an instance that is left
   * alone is still picked before there is an error. What the balancer does not know is ignored.
   */
  reportFailure(failed: Target | Pick<ServiceInstance, 'id'>): void
}
