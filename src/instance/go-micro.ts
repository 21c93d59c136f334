import { InvalidInstanceError } from '../errors.ts'
import { checkAddress, splitAddress } from './address.ts'
import { type GoValue, goField, goJson, goMap } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { isObject, type JsonObject, parseJson, parseObject, readList, readStrings, readText } from './json-record.ts'
import { checkPrefix, checkSegment, type KeyPath, splitKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { ServiceInstance } from './service-instance.ts'
import { joinTags, readTagFields, readWeightTag, weightTag, withoutWeight } from './tag-fields.ts'
import { readExtra, refuse } from './unsupported.ts'

export interface GoMicroOptions {
  /** go-micro itself knows no other than the default. @default "/micro/registry" */
  readonly prefix?: string
}

const name = 'goMicro'
const defaultWeight = 100

/**
 * go-micro's `registry/etcd`, v2 to v6: key `<prefix>/<service>/<id>` with every `/` in a name as `-`, value JSON
 * `name, version, metadata, endpoints, nodes`, as v5 and v6 order it. Each node is an instance; we write one a record, as
 * go-micro does. `a/b` and `a-b` share a directory; the name in the record tells them apart.
 *
 * The scheme is the node's metadata `protocol`, which clients filter on: `mucp` when none is given. The version is `latest`
 * when none is given. The tags are the node's metadata over that of the service; `broker`, `registry`, `server` and
 * `transport` are filled in as a default server of go-micro does. Zone and weight travel as metadata, which is our own
 * custom; no client looks at a weight, so weight 0 is refused. The endpoints and the metadata of the service are kept as
 * JSON in `extra.endpoints` and `extra.metadata`; given when registering, they are written.
 *
 * Source: `registry/etcd/etcd.go`, `registry/registry.go`, `server/rpc_server.go`, `server/server.go` of go-micro v6.10.0.
 */
export function goMicro(options: GoMicroOptions = {}): InstanceFormat {
  const root = `${checkPrefix(options.prefix ?? '/micro/registry', 'prefix')}/`
  const dir = (service: string) => `${root}${checkSegment(dashed(service), 'service')}/`
  return {
    name,
    root,
    defaults: { ttlSeconds: 90, weight: defaultWeight },
    dir,
    serviceOf: (key) => splitKey(root, key)?.service,
    defaultId: ({ service }) => `${service}-${crypto.randomUUID()}`,
    key: ({ service, id }) => `${dir(service)}${checkSegment(dashed(id), 'id')}`,
    encode: (instance) => new TextEncoder().encode(goJson(toRecord(instance))),
    decode(key, value, service) {
      const path = splitKey(root, key)
      if (path === undefined) throw new InvalidInstanceError('key', `is not ${root}<service>/<id>`)
      const instances = readRecord(path, parseObject(valueText(value)))
      return instances.filter((instance) => service === undefined || instance.service === service)
    },
  }
}

const dashed = (text: string) => (typeof text === 'string' ? text.replaceAll('/', '-') : text)

function toRecord(instance: ServiceInstance) {
  refuse(name, instance, ['status'])
  const { id, service, address, version = 'latest', weight } = instance
  if (weight === 0)
    throw new InvalidInstanceError('weight', 'no client of go-micro looks at it, so 0 would drain nobody')
  const extra = readExtra(name, instance, ['endpoints', 'metadata'])
  const shared = readStrings(parseExtra(extra.metadata, 'extra.metadata'), 'extra.metadata')
  const endpoints = readList(parseExtra(extra.endpoints, 'extra.endpoints'), 'extra.endpoints') as readonly GoValue[]
  const node = { metadata: goMap(nodeMetadata(instance, shared)), id, address: checkAddress(address) }
  return {
    name: service,
    version,
    metadata: extra.metadata === undefined ? null : (goMap(shared) ?? {}),
    endpoints: extra.endpoints === undefined ? null : endpoints,
    nodes: [node],
  }
}

const parseExtra = (text: string | undefined, field: string) =>
  text === undefined ? undefined : parseJson(text, field)

function nodeMetadata(instance: ServiceInstance, shared: Readonly<Record<string, string>>) {
  const { tags, scheme = tags.protocol ?? 'mucp', zone } = instance
  const server = { broker: 'http', registry: 'etcd', server: scheme, transport: scheme === 'grpc' ? 'grpc' : 'http' }
  const weight = weightTag(name, instance, defaultWeight)
  const joined = joinTags(name, { ...server, ...tags }, { protocol: scheme, zone, weight })
  // What the service says for all of its nodes is not said again for each.
  return Object.fromEntries(Object.entries(joined).filter(([field, value]) => shared[field] !== value))
}

function readRecord({ service: segment, rest }: KeyPath, json: JsonObject): readonly ServiceInstance[] {
  const named = readText(goField(json, 'name'), 'name')
  // A name that is not the key's was written by hand: the key is where clients look.
  const service = dashed(named) === segment ? named : segment
  const version = readText(goField(json, 'version'), 'version')
  const metadata = goField(json, 'metadata')
  const shared = readStrings(metadata, 'metadata')
  const endpoints = goField(json, 'endpoints') ?? undefined
  const extra = {
    ...(endpoints === undefined ? {} : { endpoints: goJson(endpoints as GoValue) }),
    ...(metadata === undefined || metadata === null ? {} : { metadata: goJson(goMap(shared) ?? {}) }),
  }
  return readList(goField(json, 'nodes'), 'nodes').map((node) => {
    if (!isObject(node)) throw new InvalidInstanceError('nodes', 'is not a list of objects')
    const address = readText(goField(node, 'address'), 'address')
    if (splitAddress(address) === undefined) throw new InvalidInstanceError('address', 'is not host:port')
    const tags = { ...shared, ...readStrings(goField(node, 'metadata'), 'metadata') }
    const { protocol, ...others } = tags
    return {
      id: readText(goField(node, 'id'), 'id') || rest,
      service,
      address,
      ...(protocol ? { scheme: protocol } : {}),
      weight: readWeightTag(tags.weight) ?? defaultWeight,
      tags: withoutWeight(others),
      ...readTagFields({ ...others, version }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    }
  })
}
