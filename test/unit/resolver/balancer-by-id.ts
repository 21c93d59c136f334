import {
  type Balancer,
  type BalancerOptions,
  type BalancerSource,
  consistentHash,
  leastLoaded,
  random,
  roundRobin,
  weighted,
} from '../../../src/resolver/index.ts'

export interface Picks {
  pick(exclude?: readonly string[]): string
  reportFailure(id: string): void
}

/**
 * A balancer by ids, so that all of them can be asked the same. For `consistentHash` each pick has a new key; for
 * `leastLoaded` each is over at once.
 */
export function byId(create: string, source: BalancerSource, options: BalancerOptions = {}): Picks {
  let key = 0
  const keyed = () => {
    const balancer = consistentHash(source, options)
    return { ...balancer, pick: (more?: object) => balancer.pick({ key: `k${key++}`, ...more }) }
  }
  const released = () => {
    const balancer = leastLoaded(source, options)
    const pick = (more?: object) => {
      const target = balancer.pick(more)
      balancer.release(target)
      return target
    }
    return { ...balancer, pick }
  }
  const creators: Readonly<Record<string, () => Pick<Balancer<unknown>, 'pick' | 'reportFailure'>>> = {
    roundRobin: () => roundRobin(source, options),
    random: () => random(source, options),
    weighted: () => weighted(source, options),
    leastLoaded: released,
    consistentHash: keyed,
  }
  const balancer = creators[create]?.()
  if (balancer === undefined) throw new Error(create)
  return {
    pick: (exclude) => (balancer.pick(exclude && { exclude }) as { readonly id: string }).id,
    reportFailure: (id) => balancer.reportFailure({ id }),
  }
}
