import type { ServiceInstance } from '../instance/index.ts'
import type { Balancer, BalancerOptions, BalancerSource, Picked, PickOptions } from './balancer.ts'
import type { Candidate } from './candidate.ts'
import { CandidatePool } from './candidate-pool.ts'
import { drawFor, type HashWords, hashWords } from './hash-words.ts'

export interface KeyedPickOptions<Target = ServiceInstance> extends PickOptions<Target> {
  /** What the pick goes by: a user, a session, the key of a cache. */
  readonly key: string
}

/** Gives the same for the same key. */
export interface KeyedBalancer<Target = ServiceInstance> extends Pick<Balancer<Target>, 'reportFailure'> {
  /**
   * @throws TypeError when `key` is not a string; NoInstancesError when there is none to pick; UnavailableError while a live
   * set has not been listed yet; what the endpointer throws.
   */
  pick(options: KeyedPickOptions<Target>): Target
}

/**
 * The same pick for the same key in every process, for as long as it is there; shares in proportion to the weights. When
 * an instance leaves only its own keys move, when one joins only those that it takes: about 1/n of all. A key whose
 * instance is excluded or ejected has a second choice of its own, so what is lost spreads over all others.
 * A pick takes time in proportion to the number of instances. For `retry`: `{ pick: () => balancer.pick({ key }) }`.
 *
 * Source: rendezvous hashing (Thaler and Ravishankar), weighted as in Schindelhauer and Schomaker's logarithmic method.
 *
 * @throws RangeError for `ejectMs`.
 */
export function consistentHash<Source extends BalancerSource>(
  source: Source,
  options: Omit<BalancerOptions, 'random'> = {},
): KeyedBalancer<Picked<Source>> {
  type Each = Candidate<Picked<Source>, HashWords>
  const pool = new CandidatePool(source, options, hashWords)
  let seen: readonly Each[] = []
  let even = true
  return {
    pick(options) {
      if (typeof options?.key !== 'string') throw new TypeError('key must be a string')
      const candidates = pool.choose(options)
      if (candidates !== seen) {
        seen = candidates
        even = candidates.every(({ weight }) => weight === candidates[0]?.weight)
      }
      const words = hashWords(options.key)
      let best = candidates[0] as Each
      let highest = Number.NEGATIVE_INFINITY
      for (const candidate of candidates) {
        const draw = drawFor(candidate.memo, words)
        // The logarithm orders equal weights as the draw does, and is most of the cost.
        const score = even ? draw : Math.log(draw) / candidate.weight
        if (score > highest) {
          highest = score
          best = candidate
        }
      }
      return best.target
    },
    reportFailure: (failed) => pool.reportFailure(failed),
  }
}
