import type { InstanceFormat } from './instance-format.ts'

export type ServiceRange = { readonly prefix: string } | { readonly key: string; readonly rangeEnd: string }

/**
 * The keys that say something about a service, as ranges to watch: its directory, and its own key where the format has one.
 * @throws InvalidInstanceError when the name could leave its directory.
 */
export function rangesOf(format: InstanceFormat, service: string): readonly ServiceRange[] {
  const prefix = format.dir(service)
  const key = format.ownKey?.(service)
  return key === undefined ? [{ prefix }] : [{ prefix }, { key, rangeEnd: `${key}\0` }]
}
