import type { ServiceInstance } from 'etcd-edge/instance'
import { isPassing } from './instance-filter.ts'

/** The health of several instances in one word and three numbers. */
export interface HealthRollup {
  /** `passing`: all are. `degraded`: some are. `unavailable`: none is, or there is none. */
  readonly status: 'passing' | 'degraded' | 'unavailable'
  readonly passing: number
  readonly draining: number
  readonly total: number
}

export function rollUp(instances: readonly ServiceInstance[]): HealthRollup {
  const total = instances.length
  const passing = instances.filter(isPassing).length
  const status = passing === 0 ? 'unavailable' : passing === total ? 'passing' : 'degraded'
  return { status, passing, draining: total - passing, total }
}
