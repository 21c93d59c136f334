import type { ServiceInstance } from 'etcd-edge/instance'
import { consistentHash } from 'etcd-edge/resolver'

export type PickStrategy = 'weighted' | 'random' | 'rendezvous'

export interface PickOptions {
  /** How many; fewer are given when there are fewer. */
  readonly n: number
  /**
   * `weighted`: chance in proportion to the weight. `random`: each as likely as the others. `rendezvous`: the same for the
   * same key in every isolate, in proportion to the weight over all keys; when an instance goes, only its own keys move.
   */
  readonly strategy: PickStrategy
  /** What `rendezvous` goes by. */
  readonly key?: string | undefined
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number
}

/** Different instances, the first choice first. All must have a weight above 0: whoever drains is not there to be picked. */
export function pickInstances<Instance extends ServiceInstance>(
  instances: readonly Instance[],
  { n, strategy, key = '', random = Math.random }: PickOptions,
): readonly Instance[] {
  if (strategy === 'rendezvous') return pickByKey(instances, n, key)
  return pickByChance(instances, n, ({ weight }) => Math.log(1 - random()) / (strategy === 'random' ? 1 : weight))
}

/** The key's first choice, then the one that it would have without that, and so on. */
function pickByKey<Instance extends ServiceInstance>(instances: readonly Instance[], n: number, key: string) {
  const byId = new Map(instances.map((instance) => [instance.id, instance]))
  // A balancer never picks what is draining; here it has been asked for.
  const { pick } = consistentHash([...byId.values()].map((instance) => ({ ...instance, status: 'passing' as const })))
  const ids: string[] = []
  while (ids.length < Math.min(n, byId.size)) ids.push(pick({ key, exclude: ids }).id)
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir". */
function pickByChance<Instance>(instances: readonly Instance[], n: number, draw: (instance: Instance) => number) {
  return instances
    .map((instance) => ({ instance, score: draw(instance) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, n)
    .map(({ instance }) => instance)
}
