import { NoInstancesError } from '../errors.ts'
import type { ServiceInstance } from '../instance/index.ts'
import type { Instancer } from './instancer.ts'

/** Where a balancer takes its instances from: a live set, or a list. */
export type BalancerSource<Instance extends ServiceInstance = ServiceInstance> =
  | Pick<Instancer, 'service' | 'snapshot'>
  | readonly Instance[]

export interface PickOptions {
  /** Ids of instances not to pick: those that this request has tried already. */
  readonly exclude?: readonly string[]
}

/** Picks one instance at a time. Instances with weight 0 and draining ones are never picked. */
export interface Balancer {
  /** @throws NoInstancesError when there is none to pick; UnavailableError while a live set has not been listed yet. */
  pick(options?: PickOptions): ServiceInstance
}

/** One instance after the other, from a random one on, so that processes that start together do not pile up on the first. */
export function roundRobin(source: BalancerSource, random: () => number = Math.random): Balancer {
  const candidates = createCandidates(source)
  let turn = -1
  return {
    pick(options) {
      const eligible = candidates(options)
      // The turn survives changes of the set: starting over at each would favour the first.
      turn = turn < 0 ? Math.floor(random() * eligible.length) : (turn + 1) % Number.MAX_SAFE_INTEGER
      return eligible[turn % eligible.length] as ServiceInstance
    },
  }
}

/** Any instance, each as likely as the others. */
export function random(source: BalancerSource, random: () => number = Math.random): Balancer {
  const candidates = createCandidates(source)
  return {
    pick(options) {
      const eligible = candidates(options)
      return eligible[Math.floor(random() * eligible.length)] as ServiceInstance
    },
  }
}

/** The instances that may be picked; worked out once for each state of the source. */
function createCandidates(source: BalancerSource): (options?: PickOptions) => readonly ServiceInstance[] {
  let from: readonly ServiceInstance[] | undefined
  let eligible: readonly ServiceInstance[] = []
  return (options) => {
    const instances: readonly ServiceInstance[] = 'snapshot' in source ? source.snapshot().instances : source
    if (instances !== from) {
      from = instances
      eligible = instances.filter(({ weight, status }) => weight > 0 && status !== 'draining')
    }
    const exclude = options?.exclude ?? []
    const left = exclude.length === 0 ? eligible : eligible.filter(({ id }) => !exclude.includes(id))
    if (left.length > 0) return left
    const service = 'snapshot' in source ? source.service : source[0]?.service
    const why =
      eligible.length > 0 ? 'all are excluded' : instances.length > 0 ? 'all are drained' : 'none is registered'
    throw new NoInstancesError(`no instance${service === undefined ? '' : ` of "${service}"`} to pick: ${why}`, {
      ...(service === undefined ? {} : { service }),
    })
  }
}
