import { InvalidInstanceError } from '../errors.ts'
import { checkAddress, joinAddress, splitAddress } from './address.ts'
import { type GoValue, goField, goMap } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { parseObject, readInteger, readStrings } from './json-record.ts'
import { checkSegment, splitKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { ServiceInstance } from './service-instance.ts'
import { joinTags, readTagFields } from './tag-fields.ts'
import { refuse } from './unsupported.ts'

export interface NetworkFormatOptions {
  readonly name: string
  /** Without the slash at its end. */
  readonly prefix: string
  /** Of whoever says none. @default 10 */
  readonly defaultWeight?: number
  readonly json: (value: GoValue) => string
}

const networks = ['tcp', 'udp', 'unix']

/** What Kitex and Hertz have in common: key `<prefix>/<service>/<address>`, value `network, address, weight, tags`. */
export function networkFormat({ name, prefix, defaultWeight = 10, json }: NetworkFormatOptions): InstanceFormat {
  const root = `${prefix}/`
  const dir = (service: string) => `${root}${checkSegment(service, 'service')}/`
  return {
    name,
    root,
    defaults: { ttlSeconds: 60, weight: defaultWeight },
    dir,
    serviceOf: (key) => splitKey(root, key)?.service,
    defaultId: ({ address }) => address,
    key(instance) {
      if (instance.id !== instance.address) {
        throw new InvalidInstanceError('id', `is the address in the ${name} format`)
      }
      return `${dir(instance.service)}${checkSegment(instance.address, 'address')}`
    },
    encode: (instance) => new TextEncoder().encode(json(toRecord(name, instance))),
    decode(key, value) {
      const path = splitKey(root, key)
      if (path === undefined) throw new InvalidInstanceError('key', `is not ${root}<service>/<address>`)
      return [readRecord(path.service, valueText(value), defaultWeight)]
    },
  }
}

function toRecord(format: string, instance: ServiceInstance) {
  refuse(format, instance, ['status', 'extra'])
  const { scheme: network = 'tcp', weight, tags, version, zone } = instance
  if (!networks.includes(network)) {
    throw new InvalidInstanceError('scheme', `is tcp, udp or unix in the ${format} format`)
  }
  if (weight === 0) {
    throw new InvalidInstanceError('weight', `${format} reads 0 as its default weight, so it cannot drain an instance`)
  }
  const joined = goMap(joinTags(format, tags, { version, zone }))
  return { network, address: checkAddress(instance.address), weight, tags: joined }
}

function readRecord(service: string, text: string, defaultWeight: number): ServiceInstance {
  const json = parseObject(text)
  const address = readAddress(goField(json, 'address'))
  const network = goField(json, 'network')
  const weight = readInteger(goField(json, 'weight'), 'weight')
  const tags = readStrings(goField(json, 'tags'), 'tags')
  return {
    id: address,
    service,
    address,
    ...(typeof network === 'string' && network !== '' ? { scheme: network } : {}),
    // Both resolvers give it to whoever says nothing, 0 or less (etcd_resolver.go, resolver.go).
    weight: weight > 0 ? weight : defaultWeight,
    tags,
    ...readTagFields(tags),
  }
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
