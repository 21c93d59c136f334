import type { Balancer, BalancerOptions, BalancerSource, Picked } from './balancer.ts'
import { CandidatePool } from './candidate-pool.ts'

/**
 * Any of them, each as likely as the others, whatever their weights.
 *
 * Source: go-kit `sd/lb/random.go`; what is its seed there is the option `random` here.
 *
 * @throws RangeError for `ejectMs`.
 */
export function random<Source extends BalancerSource>(
  source: Source,
  options: BalancerOptions = {},
): Balancer<Picked<Source>> {
  const { random = Math.random } = options
  const pool = new CandidatePool(source, options, () => undefined)
  return {
    pick(options) {
      const candidates = pool.choose(options)
      return candidates[Math.floor(random() * candidates.length)]?.target as Picked<Source>
    },
    reportFailure: (failed) => pool.reportFailure(failed),
  }
}
