import type { ServiceInstance } from 'etcd-edge/instance'

export interface InstanceFilter {
  readonly tag: readonly (readonly [name: string, value: string])[]
  readonly zone?: string | undefined
  readonly version?: string | undefined
}

export type HealthFilter = 'passing' | 'any' | 'passing-or-any'

/** The instances for which all conditions hold. */
export function matching<Instance extends ServiceInstance>(
  instances: readonly Instance[],
  { tag, zone, version }: InstanceFilter,
): readonly Instance[] {
  return instances.filter(
    (instance) =>
      (zone === undefined || instance.zone === zone) &&
      (version === undefined || instance.version === version) &&
      tag.every(([name, value]) => instance.tags[name] === value),
  )
}

/** `passing-or-any` fails open: when none passes it gives all. */
export function healthy<Instance extends ServiceInstance>(
  instances: readonly Instance[],
  health: HealthFilter,
): readonly Instance[] {
  if (health === 'any') return instances
  const passing = instances.filter(isPassing)
  return health === 'passing-or-any' && passing.length === 0 ? instances : passing
}

export const isPassing = ({ status }: ServiceInstance): boolean => status !== 'draining'
