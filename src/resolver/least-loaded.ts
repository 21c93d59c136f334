import type { Balancer, BalancerOptions, BalancerSource, Picked } from './balancer.ts'
import { type Candidate, hasId } from './candidate.ts'
import { CandidatePool } from './candidate-pool.ts'

/** Counts what is in flight, so it has to be told when a request is over. */
export interface LeastLoadedBalancer<Target> extends Balancer<Target> {
  /**
   * The request to what was picked is over, well or not: once for each pick. `retry` does it by itself. What is not in
   * flight is ignored.
   */
  release(picked: Target): void
}

/**
 * Of two, the one with fewer requests in flight for its weight: nearly as even as looking at all of them, and without the
 * herd that runs to the least loaded. The first of the two is drawn by weight, the second evenly; so while nothing is in
 * flight the shares are those of the weights. Whoever fails fast looks idle: report failures.
 *
 * Source: Mitzenmacher, "The power of two choices in randomized load balancing".
 *
 * @throws RangeError for `ejectMs`.
 */
export function leastLoaded<Source extends BalancerSource>(
  source: Source,
  options: BalancerOptions = {},
): LeastLoadedBalancer<Picked<Source>> {
  type Each = Candidate<Picked<Source>, undefined>
  const { random = Math.random } = options
  const pool = new CandidatePool(source, options, () => undefined)
  const inFlight = new Map<unknown, number>()
  let seen: readonly Each[] = []
  /** The weights up to and including each candidate. */
  let sums = new Float64Array()

  const meet = (candidates: readonly Each[]) => {
    seen = candidates
    sums = new Float64Array(candidates.length)
    let sum = 0
    candidates.forEach(({ weight }, index) => {
      sum += weight
      sums[index] = sum
    })
  }

  const loadOf = ({ target, weight }: Each) => (inFlight.get(keyOf(target)) ?? 0) / weight

  const better = (candidates: readonly Each[]): Each => {
    const first = firstAbove(sums, random() * (sums.at(-1) ?? 0))
    const one = candidates[first] as Each
    if (candidates.length === 1) return one
    const second = Math.floor(random() * (candidates.length - 1))
    const other = candidates[second < first ? second : second + 1] as Each
    return loadOf(other) < loadOf(one) ? other : one
  }

  return {
    pick(options) {
      const candidates = pool.choose(options)
      if (candidates !== seen) meet(candidates)
      const { target } = better(candidates)
      const key = keyOf(target)
      inFlight.set(key, (inFlight.get(key) ?? 0) + 1)
      return target
    },
    release(picked) {
      const key = keyOf(picked)
      const left = (inFlight.get(key) ?? 0) - 1
      if (left > 0) inFlight.set(key, left)
      else inFlight.delete(key)
    },
    reportFailure: (failed) => pool.reportFailure(failed),
  }
}

/** An instance that was updated meanwhile is another object with the same id. */
const keyOf = (target: unknown): unknown => (hasId(target) ? target.id : target)

/** The first place whose sum is above `value`. */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sums[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
