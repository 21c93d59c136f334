import { InvalidInstanceError } from '../errors.ts'
import { joinAddress, splitAddress } from './address.ts'
import { domainOf, domainPath, keyLabels } from './domain-key.ts'
import { type GoValue, goField, goJson } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { type JsonObject, parseObject, readInteger, readText } from './json-record.ts'
import { checkPrefix } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { InstanceInput, ServiceInstance } from './service-instance.ts'
import { readExtra, refuse } from './unsupported.ts'

export interface SkydnsOptions {
  /** The `path` of CoreDNS' etcd plugin, with a slash before it. @default "/skydns" */
  readonly prefix?: string
}

const name = 'skydns'
const defaultWeight = 100
/** The record at the name itself, as `@` in a zone file. */
const ownId = '@'
const numbers = ['priority', 'ttl', 'targetstrip'] as const
const texts = ['text', 'group', 'owner'] as const

/**
 * SkyDNS, which CoreDNS' `etcd` plugin serves and external-dns writes. The service is a domain name: `pay.cluster.local` is
 * `<prefix>/local/cluster/pay/<id>`, value JSON without what is zero. The id is one label, or several with dots for what lies
 * deeper, which belongs to the name too; the address with `-` for what no label may hold when none is given, and `@` for the
 * record at the name itself, which counts only when there is none below. `priority`, `text`, `ttl`, `targetstrip`, `group` and
 * `owner` are in `extra`. Instances of another group than the record with the shortest key are not seen, as in CoreDNS.
 *
 * A record without a port is an instance whose address is the host alone. TXT and mail records are no instances. Scheme,
 * tags, version, zone and draining do not fit in; weight 0 is refused, for CoreDNS reads it as 100.
 *
 * The lease is 30 s, the least that CoreDNS answers as the TTL of a record under a lease.
 *
 * Source: `plugin/etcd/etcd.go`, `plugin/etcd/msg/service.go`, `plugin/etcd/msg/path.go` of CoreDNS v1.14.7; `provider/coredns`
 * of external-dns.
 */
export function skydns(options: SkydnsOptions = {}): InstanceFormat {
  const root = `${checkPrefix(options.prefix ?? '/skydns', 'prefix')}/`
  const ownKey = (service: string) => `${root}${domainPath(lowerCase(service), 'service')}`
  return {
    name,
    root,
    defaults: { ttlSeconds: 30, weight: defaultWeight },
    dir: (service) => `${ownKey(service)}/`,
    ownKey,
    serviceOf(key) {
      const labels = key.slice(root.length).split('/')
      const isKey = key.startsWith(root) && labels.length > 1 && !labels.includes('')
      return isKey ? domainOf(labels.slice(0, -1)) : undefined
    },
    defaultId,
    key({ service, id }) {
      return id === ownId ? ownKey(service) : `${ownKey(service)}/${domainPath(id, 'id')}`
    },
    encode: (instance) => new TextEncoder().encode(goJson(toRecord(instance))),
    decode(key, value, service) {
      const labels = keyLabels(root, key)
      const json = parseObject(valueText(value))
      const depth = service === undefined ? ownerDepth(labels, json) : lowerCase(service).split('.').length
      const owner = domainOf(labels.slice(0, depth))
      if (service !== undefined && owner !== lowerCase(service)) return []
      return readRecord(owner, domainOf(labels.slice(depth)) || ownId, json)
    },
    visible(instances) {
      const below = instances.filter(({ id }) => id !== ownId)
      return ofOneGroup(below.length === 0 ? instances : below)
    },
  }
}

const lowerCase = (service: string) => (typeof service === 'string' ? service.toLowerCase() : service)

function defaultId({ address }: InstanceInput): string {
  return address.toLowerCase().replace(/[[\]]/g, '').replace(/[.:_]/g, '-').replace(/^-+/, '')
}

/** How many labels of the key are the service: without those that the record says to strip, at least one. */
function ownerDepth(labels: readonly string[], json: JsonObject): number {
  const stripped = Math.max(1, readInteger(goField(json, 'targetstrip'), 'targetstrip'))
  const depth = labels.length - (stripped < labels.length ? stripped : 1)
  if (depth === 0) throw new InvalidInstanceError('key', 'is a name without a domain')
  return depth
}

function toRecord(instance: ServiceInstance): GoValue {
  refuse(name, instance, ['scheme', 'tags', 'version', 'zone', 'status'])
  const { address, weight } = instance
  if (weight === 0) throw new InvalidInstanceError('weight', 'CoreDNS reads 0 as 100, so it cannot drain an instance')
  const { host, port } = splitHost(address)
  const extra = readExtra(name, instance, [...numbers, ...texts])
  const [priority, ttl, targetstrip] = numbers.map((field) => writeNumber(extra[field], `extra.${field}`))
  const { text, group, owner } = extra
  const weighed = weight === defaultWeight ? undefined : weight
  const fields = { host, port, priority, weight: weighed, text, ttl, targetstrip, group, owner }
  // As Go's omitempty: what is zero is not written.
  const present = Object.entries(fields).filter((field): field is [string, string | number] => Boolean(field[1]))
  return Object.fromEntries(present)
}

function writeNumber(text: string | undefined, field: string): number | undefined {
  if (text !== undefined && !/^[1-9]\d{0,9}$/.test(text)) throw new InvalidInstanceError(field, 'must be digits, not 0')
  return text === undefined ? undefined : Number(text)
}

/** The port is 0 when there is none. @throws InvalidInstanceError unless somebody could dial the host. */
function splitHost(address: string): { readonly host: string; readonly port: number } {
  const split = splitAddress(address)
  if (split !== undefined) return split
  const alone = splitAddress(`${address}:1`)
  if (alone === undefined) throw new InvalidInstanceError('address', 'is neither host:port nor a host')
  return { host: alone.host, port: 0 }
}

function readRecord(service: string, id: string, json: JsonObject): readonly ServiceInstance[] {
  const host = readText(goField(json, 'host'), 'host')
  if (host === '' || goField(json, 'mail') === true) return []
  const port = readInteger(goField(json, 'port'), 'port')
  const address = port === 0 ? joinAddress({ host, port: 1 }).slice(0, -2) : joinAddress({ host, port })
  splitHost(address)
  const weight = readInteger(goField(json, 'weight'), 'weight')
  const extra = {
    ...Object.fromEntries(numbers.map((field) => [field, String(readInteger(goField(json, field), field) || '')])),
    ...Object.fromEntries(texts.map((field) => [field, readText(goField(json, field), field)])),
  }
  const present = Object.entries(extra).filter(([, text]) => text !== '')
  return [
    {
      id,
      service,
      address,
      weight: weight > 0 ? weight : defaultWeight,
      tags: {},
      ...(present.length === 0 ? {} : { extra: Object.fromEntries(present) }),
    },
  ]
}

/** `msg.Group` of CoreDNS: the shortest key says which group, unless others as short say something else. */
function ofOneGroup<Instance extends ServiceInstance>(instances: readonly Instance[]): readonly Instance[] {
  const groupOf = ({ extra }: ServiceInstance) => extra?.group ?? ''
  const depthOf = ({ id }: ServiceInstance) => id.split('.').length
  let [leader] = instances
  for (const instance of instances) {
    if (leader === undefined || depthOf(instance) >= depthOf(leader)) continue
    if (groupOf(instance) === '') break
    leader = instance
  }
  if (leader === undefined || groupOf(leader) === '') return instances
  const [group, depth] = [groupOf(leader), depthOf(leader)]
  const others = instances.filter((instance) => !['', group].includes(groupOf(instance)))
  if (others.some((instance) => depthOf(instance) === depth)) return instances
  return instances.filter((instance) => !others.includes(instance))
}
