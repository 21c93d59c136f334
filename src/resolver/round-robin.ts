import type { Balancer, BalancerOptions, BalancerSource, Picked } from './balancer.ts'
import { CandidatePool } from './candidate-pool.ts'

/**
 * One after the other, whatever their weights. It starts anywhere, so that processes that start together do not pile up
 * on the first one, and goes on where it was when the set changes.
 *
 * Source: go-kit `sd/lb/round_robin.go`, which starts at the first.
 *
 * @throws RangeError for `ejectMs`.
 */
export function roundRobin<Source extends BalancerSource>(
  source: Source,
  options: BalancerOptions = {},
): Balancer<Picked<Source>> {
  const { random = Math.random } = options
  const pool = new CandidatePool(source, options, () => undefined)
  // Far beyond any set, and a small integer: the remainder is the start, and no pick has to ask whether it is the first.
  let turn = Math.trunc(random() * 2 ** 30) - 1
  return {
    pick(options) {
      const candidates = pool.choose(options)
      const next = turn + 1
      turn = next < candidates.length ? next : next % candidates.length
      return candidates[turn]?.target as Picked<Source>
    },
    reportFailure: (failed) => pool.reportFailure(failed),
  }
}
