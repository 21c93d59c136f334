import type { LeaseId } from '../http-client/index.ts'
import type { InstanceFormat, InstanceInput, ServiceInstance } from '../instance/index.ts'
import type { Registration } from './registration.ts'

/**
 * Who registers again without saying its id means the one it had, unless the format had made that out of what may be
 * another thing this time: the address, or the lease.
 */
export function underItsName(input: InstanceInput, previous: Registration, format: InstanceFormat): InstanceInput {
  if (input?.id !== undefined) return input
  const { instance, leaseId } = previous
  return format.defaultId(instance, leaseId) === instance.id ? input : { ...input, id: instance.id }
}

/** The instance under another lease: one that the format had named after the lease has another name there. */
export function underLease(
  instance: ServiceInstance,
  format: InstanceFormat,
  from: LeaseId,
  to: LeaseId,
): ServiceInstance {
  if (format.defaultId(instance, from) !== instance.id) return instance
  return { ...instance, id: format.defaultId(instance, to) }
}
