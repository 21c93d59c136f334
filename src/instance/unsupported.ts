import { InvalidInstanceError } from '../errors.ts'
import type { ServiceInstance } from './service-instance.ts'

/** @throws InvalidInstanceError when the instance says something that its format has no place for. */
export function refuse(format: string, instance: ServiceInstance, fields: readonly (keyof ServiceInstance)[]): void {
  for (const field of fields) {
    if (saysSomething(instance, field)) throw noPlace(field, format)
  }
}

/** What the format keeps in `extra`. @throws InvalidInstanceError when there is something else in it. */
export function readExtra<Name extends string>(
  format: string,
  { extra = {} }: ServiceInstance,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const other = Object.keys(extra).find((name) => !names.some((known) => known === name))
  if (other !== undefined) throw noPlace(`extra.${other}`, format)
  return extra as Partial<Record<Name, string>>
}

const noPlace = (field: string, format: string) =>
  new InvalidInstanceError(field, `the ${format} format has no place for it`)

function saysSomething(instance: ServiceInstance, field: keyof ServiceInstance): boolean {
  const value = instance[field]
  if (field === 'status') return value === 'draining'
  if (field === 'tags' || field === 'extra') return Object.keys(value ?? {}).length > 0
  return value !== undefined
}
