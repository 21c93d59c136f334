import type { Balancer, BalancerOptions, BalancerSource, Picked } from './balancer.ts'
import type { Candidate } from './candidate.ts'
import { CandidatePool } from './candidate-pool.ts'

interface Credit {
  /** How much it is owed, in weights. NaN until its first pick. */
  credit: number
}

/**
 * In proportion to the weights, and smoothly: with 5, 1 and 1 the order is a a b a c a a, not a burst for the heavy one.
 * Each of them begins anywhere in its cycle, so that processes that start together do not begin with the same one.
 * A pick takes time in proportion to the number of instances.
 *
 * Source: nginx's smooth weighted round robin (`ngx_http_upstream_round_robin.c`, `ngx_http_upstream_get_peer`).
 *
 * @throws RangeError for `ejectMs`.
 */
export function weighted<Source extends BalancerSource>(
  source: Source,
  options: BalancerOptions = {},
): Balancer<Picked<Source>> {
  type Each = Candidate<Picked<Source>, Credit>
  const { random = Math.random } = options
  const pool = new CandidatePool(source, options, (): Credit => ({ credit: Number.NaN }))
  let seen: readonly Each[] = []
  let total = 0

  const meet = (candidates: readonly Each[]) => {
    seen = candidates
    total = candidates.reduce((sum, { weight }) => sum + weight, 0)
    for (const { memo } of candidates) if (Number.isNaN(memo.credit)) memo.credit = -random() * total
  }

  return {
    pick(options) {
      const candidates = pool.choose(options)
      if (candidates !== seen) meet(candidates)
      let best = candidates[0] as Each
      for (const candidate of candidates) {
        candidate.memo.credit += candidate.weight
        if (candidate.memo.credit > best.memo.credit) best = candidate
      }
      best.memo.credit -= total
      return best.target
    },
    reportFailure: (failed) => pool.reportFailure(failed),
  }
}
