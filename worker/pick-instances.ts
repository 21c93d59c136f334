import type { ServiceInstance } from 'etcd-edge/instance'
import { hash53 } from './hash.ts'

export type PickStrategy = 'weighted' | 'random' | 'rendezvous'

export interface PickOptions {
  /** How many; fewer are given when there are fewer. */
  readonly n: number
  /**
   * `weighted`: chance in proportion to the weight. `random`: each as likely as the others. `rendezvous`: the same for the
   * same key, in proportion to the weight over all keys; when an instance goes, only its own keys move.
   */
  readonly strategy: PickStrategy
  /** What `rendezvous` goes by. */
  readonly key?: string | undefined
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number
}

/**
 * Different instances, the first choice first. All must have a weight above 0: whoever drains is not there to be picked.
 *
 * Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir"; rendezvous is the same with a hash for dice.
 */
export function pickInstances<Instance extends ServiceInstance>(
  instances: readonly Instance[],
  { n, strategy, key = '', random = Math.random }: PickOptions,
): readonly Instance[] {
  // In (0, 1], so that the logarithm is finite.
  const roll = ({ id }: Instance) =>
    strategy === 'rendezvous' ? (hash53(`${key}\n${id}`) + 1) / 2 ** 53 : 1 - random()
  const score = (instance: Instance) => Math.log(roll(instance)) / (strategy === 'random' ? 1 : instance.weight)
  return instances
    .map((instance) => ({ instance, score: score(instance) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, n)
    .map(({ instance }) => instance)
}
