import { InvalidInstanceError } from '../errors.ts'
import { checkAddress } from './address.ts'
import type { InstanceFormat } from './instance-format.ts'
import type { InstanceInput, ServiceInstance } from './service-instance.ts'

/**
 * Checks what a caller wants to register and fills in the defaults.
 * @param leaseId the lease that the instance is to have for itself, when it is known already
 * @throws InvalidInstanceError naming the field.
 */
export function completeInstance(input: InstanceInput, format: InstanceFormat, leaseId?: string): ServiceInstance {
  if (typeof input !== 'object' || input === null) throw new InvalidInstanceError('instance', 'is required')
  const { service, scheme, weight = format.defaults.weight, tags = {}, version, zone, status, extra } = input
  format.dir(service)
  const address = checkAddress(input.address)
  if (scheme !== undefined && !(typeof scheme === 'string' && /^[a-z][a-z0-9+.-]*$/.test(scheme))) {
    throw new InvalidInstanceError('scheme', 'must be a URL scheme such as "https", without "://"')
  }
  if (!Number.isSafeInteger(weight) || weight < 0) {
    throw new InvalidInstanceError('weight', 'must be an integer of 0 or more')
  }
  if (status !== undefined && status !== 'passing' && status !== 'draining') {
    throw new InvalidInstanceError('status', 'must be "passing" or "draining"')
  }
  return {
    id: input.id ?? format.defaultId(input, leaseId),
    service,
    address,
    ...(scheme === undefined ? {} : { scheme }),
    weight,
    tags: checkStrings(tags, 'tags'),
    ...(version === undefined ? {} : { version: checkText(version, 'version') }),
    ...(zone === undefined ? {} : { zone: checkText(zone, 'zone') }),
    ...(status === undefined ? {} : { status }),
    ...(extra === undefined ? {} : { extra: checkStrings(extra, 'extra') }),
  }
}

function checkText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '')
    throw new InvalidInstanceError(field, 'must be a text that is not empty')
  return value
}

function checkStrings(value: unknown, field: string): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInstanceError(field, 'must be an object of strings')
  }
  for (const [name, entry] of Object.entries(value)) {
    if (typeof entry !== 'string') throw new InvalidInstanceError(`${field}.${name}`, 'must be a string')
    // Many readers of JSON lose it.
    if (name === '__proto__') throw new InvalidInstanceError(`${field}.${name}`, 'must not be named so')
  }
  return { ...value } as Record<string, string>
}
