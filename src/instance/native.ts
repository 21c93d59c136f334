import { InvalidInstanceError } from '../errors.ts'
import { checkAddress, splitAddress } from './address.ts'
import type { InstanceFormat } from './instance-format.ts'
import { isObject, type JsonObject, parseObject } from './json-record.ts'
import { checkPrefix, splitKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { InstanceStatus, ServiceInstance } from './service-instance.ts'
import { refuse } from './unsupported.ts'

export interface NativeOptions {
  /** Where all services live. @default "/services" */
  readonly prefix?: string
}

const servicePattern = /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/
const idPattern = /^[a-z0-9:[\]](?:[a-z0-9._:[\]-]{0,126}[a-z0-9:[\]])?$/
const defaultWeight = 100

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
  const json = parseObject(text)
  const address = readField(json, 'address', isAddress)
  if (address === undefined) throw new InvalidInstanceError('address', 'is missing')
  const [scheme, version, zone] = ['scheme', 'version', 'zone'].map((field) => readField(json, field, isText))
  const status = readField(json, 'status', isStatus)
  return {
    id,
    service,
    address,
    ...(scheme === undefined ? {} : { scheme }),
    weight: readField(json, 'weight', isWeight) ?? defaultWeight,
    tags: readTags(json),
    ...(version === undefined ? {} : { version }),
    ...(zone === undefined ? {} : { zone }),
    ...(status === undefined ? {} : { status }),
  }
}

function readTags(json: JsonObject): Readonly<Record<string, string>> {
  const tags = readField(json, 'tags', isObject) ?? {}
  for (const tag of Object.keys(tags)) readField(tags, tag, isText, `tags.${tag}`)
  return tags as Record<string, string>
}

/** What a record says there; undefined when it says nothing. @throws InvalidInstanceError when that cannot be. */
function readField<Value>(
  json: JsonObject,
  field: string,
  fits: (value: unknown) => value is Value,
  name: string = field,
): Value | undefined {
  const value = json[field]
  if (value === undefined || fits(value)) return value
  throw new InvalidInstanceError(name, 'is not what a native record holds there')
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isAddress = (value: unknown): value is string => isText(value) && splitAddress(value) !== undefined
const isWeight = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isStatus = (value: unknown): value is InstanceStatus => value === 'passing' || value === 'draining'
