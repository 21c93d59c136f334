import * as z from 'zod/mini'
import { InvalidInstanceError } from '../errors.ts'
import { checkAddress, splitAddress } from './address.ts'
import type { InstanceFormat } from './instance-format.ts'
import { checkPrefix, splitKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { ServiceInstance } from './service-instance.ts'
import { refuse } from './unsupported.ts'

export interface NativeOptions {
  /** Where all services live. @default "/services" */
  readonly prefix?: string
}

const servicePattern = /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/
const idPattern = /^[a-z0-9:[\]](?:[a-z0-9._:[\]-]{0,126}[a-z0-9:[\]])?$/
const defaultWeight = 100

const record = z.object({
  address: z.string(),
  scheme: z.optional(z.string()),
  weight: z.optional(z.int().check(z.nonnegative())),
  tags: z.optional(z.record(z.string(), z.string())),
  version: z.optional(z.string()),
  zone: z.optional(z.string()),
  status: z.optional(z.enum(['passing', 'draining'])),
})

/**
 * This library's own format: key `<prefix>/<service>/<id>`, value JSON with everything that {@link ServiceInstance} has.
 * See STORAGE.md.
 */
export function native(options: NativeOptions = {}): InstanceFormat {
  const root = `${checkPrefix(options.prefix ?? '/services', 'prefix')}/`
  const dir = (service: string) => `${root}${checkName(service, servicePattern, 'service')}/`
  return {
    name: 'native',
    root,
    defaults: { ttlSeconds: 30, weight: defaultWeight },
    dir,
    serviceOf: (key) => splitKey(root, key)?.service,
    defaultId: () => crypto.randomUUID(),
    key: ({ service, id }) => `${dir(service)}${checkName(id, idPattern, 'id')}`,
    encode(instance) {
      refuse('native', instance, ['extra'])
      const { scheme, weight, tags, version, zone, status } = instance
      // JSON.stringify leaves undefined fields out; the order is part of the format.
      const value = { address: checkAddress(instance.address), scheme, weight, tags, version, zone, status }
      return new TextEncoder().encode(JSON.stringify(value))
    },
    decode(key, value) {
      const path = splitKey(root, key)
      if (path === undefined || path.rest.includes('/')) {
        throw new InvalidInstanceError('key', `is not ${root}<service>/<id>`)
      }
      return [readRecord(path.service, path.rest, valueText(value))]
    },
  }
}

function checkName(name: unknown, pattern: RegExp, field: string): string {
  if (typeof name !== 'string' || !pattern.test(name)) {
    throw new InvalidInstanceError(field, `must match ${pattern.source.replaceAll('?:', '')}`)
  }
  return name
}

function readRecord(service: string, id: string, text: string): ServiceInstance {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new InvalidInstanceError('value', 'is not JSON', { cause })
  }
  const read = record.safeParse(json)
  if (!read.success) {
    const field = read.error.issues[0]?.path.join('.') || 'value'
    throw new InvalidInstanceError(field, 'is not what a native record holds there')
  }
  const { address, scheme, weight = defaultWeight, tags = {}, version, zone, status } = read.data
  if (splitAddress(address) === undefined) throw new InvalidInstanceError('address', 'is not host:port')
  return {
    id,
    service,
    address,
    ...(scheme === undefined ? {} : { scheme }),
    weight,
    tags,
    ...(version === undefined ? {} : { version }),
    ...(zone === undefined ? {} : { zone }),
    ...(status === undefined ? {} : { status }),
  }
}
