import { InvalidInstanceError } from '../errors.ts'
import { checkAddress, joinAddress, splitAddress } from './address.ts'
import { goField, goJson, goMap } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { checkPrefix, checkSegment, splitKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { ServiceInstance } from './service-instance.ts'
import { refuse } from './unsupported.ts'

export interface KitexOptions {
  /** Kitex's `WithEtcdServicePrefix`. `''` is what its `…WithAuth` constructors use. @default "kitex/registry-etcd" */
  readonly prefix?: string
}

const defaultWeight = 10
const networks = ['tcp', 'udp', 'unix']

/**
 * Kitex's `registry-etcd`: key `<prefix>/<service>/<host:port>`, value JSON `network, address, weight, tags`. The network
 * is our `scheme` (`tcp` when none is given). Version and zone travel as the tags of these names, which is our own custom.
 * Weight 0 is refused: Kitex reads it as 10.
 *
 * Source: `common.go`, `etcd_registry.go`, `etcd_resolver.go` of kitex-contrib/registry-etcd v0.2.6.
 */
export function kitex(options: KitexOptions = {}): InstanceFormat {
  const prefix = checkPrefix(options.prefix ?? 'kitex/registry-etcd', 'prefix')
  // Kitex hands the prefix to fmt.Sprintf as the format.
  if (prefix.includes('%')) throw new TypeError('prefix must not hold "%": Kitex would take it for a format verb')
  const root = `${prefix}/`
  const dir = (service: string) => `${root}${checkSegment(service, 'service')}/`
  return {
    name: 'kitex',
    root,
    defaults: { ttlSeconds: 60, weight: defaultWeight },
    dir,
    serviceOf: (key) => splitKey(root, key)?.service,
    defaultId: ({ address }) => address,
    key(instance) {
      if (instance.id !== instance.address) throw new InvalidInstanceError('id', 'is the address in the kitex format')
      return `${dir(instance.service)}${checkSegment(instance.address, 'address')}`
    },
    encode: (instance) => new TextEncoder().encode(goJson(toRecord(instance))),
    decode(key, value) {
      const path = splitKey(root, key)
      if (path === undefined) throw new InvalidInstanceError('key', `is not ${root}<service>/<address>`)
      return [readRecord(path.service, valueText(value))]
    },
  }
}

function toRecord(instance: ServiceInstance) {
  refuse('kitex', instance, ['status', 'extra'])
  const { scheme: network = 'tcp', weight } = instance
  if (!networks.includes(network)) throw new InvalidInstanceError('scheme', 'is tcp, udp or unix in the kitex format')
  if (weight === 0) throw new InvalidInstanceError('weight', 'Kitex reads 0 as 10, so it cannot drain an instance')
  return { network, address: checkAddress(instance.address), weight, tags: goMap(tagsOf(instance)) }
}

function tagsOf({ tags, version, zone }: ServiceInstance): Readonly<Record<string, string>> {
  const merged: Record<string, string> = { ...tags }
  for (const [name, value] of Object.entries({ version, zone })) {
    if (value === undefined) continue
    if (merged[name] !== undefined && merged[name] !== value) {
      throw new InvalidInstanceError(name, `differs from the tag "${name}", which holds it in the kitex format`)
    }
    merged[name] = value
  }
  return merged
}

function readRecord(service: string, text: string): ServiceInstance {
  const json = parseObject(text)
  const address = readAddress(goField(json, 'address'))
  const network = goField(json, 'network')
  const tags = readTags(goField(json, 'tags'))
  return {
    id: address,
    service,
    address,
    ...(typeof network === 'string' && network !== '' ? { scheme: network } : {}),
    weight: readWeight(goField(json, 'weight')),
    tags,
    ...(tags.version === undefined ? {} : { version: tags.version }),
    ...(tags.zone === undefined ? {} : { zone: tags.zone }),
  }
}

function parseObject(text: string): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new InvalidInstanceError('value', 'is not JSON', { cause })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new InvalidInstanceError('value', 'is not a JSON object')
  }
  return json as Record<string, unknown>
}

function readAddress(value: unknown): string {
  if (typeof value !== 'string') throw new InvalidInstanceError('address', 'is missing')
  if (splitAddress(value) !== undefined) return value
  // Kitex writes IPv6 without brackets, "::1:8888": what follows the last colon is the port.
  const [, host = '', port] = /^([0-9a-fA-F:.]*:[0-9a-fA-F:.]*):(\d+)$/.exec(value) ?? []
  const address = joinAddress({ host, port: Number(port) })
  if (splitAddress(address) === undefined) throw new InvalidInstanceError('address', 'is not host:port')
  return address
}

// Kitex's resolver gives 10 to whoever says nothing, 0 or less (etcd_resolver.go).
function readWeight(value: unknown): number {
  const weight = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : (value ?? 0)
  if (!Number.isSafeInteger(weight)) throw new InvalidInstanceError('weight', 'is not an integer')
  return (weight as number) > 0 ? (weight as number) : defaultWeight
}

function readTags(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Object.values(value).some((tag) => typeof tag !== 'string')) {
    throw new InvalidInstanceError('tags', 'is not an object of strings')
  }
  return value as Record<string, string>
}
