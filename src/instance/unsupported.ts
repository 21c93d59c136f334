import { InvalidInstanceError } from '../errors.ts'
import type { ServiceInstance } from './service-instance.ts'

/** @throws InvalidInstanceError when the instance says something that its format has no place for. */
export function refuse(format: string, instance: ServiceInstance, fields: readonly (keyof ServiceInstance)[]): void {
  for (const field of fields) {
    if (saysSomething(instance, field)) {
      throw new InvalidInstanceError(field, `the ${format} format has no place for it`)
    }
  }
}

function saysSomething(instance: ServiceInstance, field: keyof ServiceInstance): boolean {
  const value = instance[field]
  if (field === 'status') return value === 'draining'
  if (field === 'tags' || field === 'extra') return Object.keys(value ?? {}).length > 0
  return value !== undefined
}
