import { InvalidInstanceError } from '../errors.ts'
import { checkAddress } from './address.ts'
import { type EndpointUrl, readEndpointUrl } from './endpoint-url.ts'
import { goField, goJson, goMap } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { type JsonObject, parseJson, parseObject, readList, readStrings, readText } from './json-record.ts'
import { checkPrefix, checkSegment, splitKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { ServiceInstance } from './service-instance.ts'
import { joinTags, readTagFields, readWeightTag, weightTag, withoutWeight } from './tag-fields.ts'
import { readExtra, refuse } from './unsupported.ts'

export interface KratosOptions {
  /** Kratos' `Namespace`. @default "/microservices" */
  readonly prefix?: string
}

const name = 'kratos'
const defaultWeight = 100

/**
 * Kratos' `contrib/registry/etcd`: key `<namespace>/<name>/<id>`, value JSON `id, name, version, metadata, endpoints`.
 *
 * A record has one endpoint for each protocol, and each of them is an instance here: the first under the record's id, the
 * others as `<id>#<scheme>`. An instance is written as the endpoint `<scheme>://<address>`, `grpc` when no scheme is given.
 * The list as it is stored is kept as JSON in `extra.endpoints` when it says more than that; given when registering, it is
 * written as it is, and the instance must be the first in it.
 *
 * A weight other than 100 is the metadata `weight`, which Kratos' selectors read. The zone travels as the metadata `zone`,
 * which is our own custom.
 *
 * Source: `contrib/registry/etcd/registry.go`, `registry/registry.go`, `selector/default_node.go` of Kratos v2.9.2.
 */
export function kratos(options: KratosOptions = {}): InstanceFormat {
  const root = `${checkPrefix(options.prefix ?? '/microservices', 'prefix')}/`
  const dir = (service: string) => `${root}${checkSegment(service, 'service')}/`
  return {
    name,
    root,
    defaults: { ttlSeconds: 15, weight: defaultWeight },
    dir,
    serviceOf: (key) => splitKey(root, key)?.service,
    defaultId: () => crypto.randomUUID(),
    key: ({ service, id }) => `${dir(service)}${checkId(id)}`,
    encode: (instance) => new TextEncoder().encode(goJson(toRecord(instance))),
    decode(key, value) {
      const path = splitKey(root, key)
      if (path === undefined) throw new InvalidInstanceError('key', `is not ${root}<name>/<id>`)
      const json = parseObject(valueText(value))
      // Kratos lists "a" without a slash and tells "a/b" and "ab" apart by this.
      if (readText(goField(json, 'name'), 'name') !== path.service) return []
      return readRecord(path.service, path.rest, json)
    },
  }
}

// What follows "#" tells the endpoints of one record apart.
function checkId(id: string): string {
  if (checkSegment(id, 'id').includes('#')) {
    throw new InvalidInstanceError('id', `must not hold "#" in the ${name} format`)
  }
  return id
}

function toRecord(instance: ServiceInstance) {
  refuse(name, instance, ['status'])
  const { id, service, version = '', tags, zone } = instance
  const metadata = joinTags(name, tags, { zone, weight: weightTag(name, instance, defaultWeight) })
  return { id, name: service, version, metadata: goMap(metadata), endpoints: endpointsOf(instance) }
}

function endpointsOf(instance: ServiceInstance): readonly string[] {
  const url = `${instance.scheme ?? 'grpc'}://${checkAddress(instance.address)}`
  const { endpoints } = readExtra(name, instance, ['endpoints'])
  if (endpoints === undefined) return [url]
  const field = 'extra.endpoints'
  const urls = readList(parseJson(endpoints, field), field).map((endpoint) => readText(endpoint, field))
  const first = urls.map(readEndpoint).find((endpoint) => endpoint !== undefined)
  if (first === undefined || `${first.scheme}://${first.address}` !== url) {
    throw new InvalidInstanceError(field, 'does not begin with the scheme and the address of the instance')
  }
  return urls
}

function readRecord(service: string, keyId: string, json: JsonObject): readonly ServiceInstance[] {
  const id = readText(goField(json, 'id'), 'id') || keyId
  const version = readText(goField(json, 'version'), 'version')
  const tags = readStrings(goField(json, 'metadata'), 'metadata')
  const urls = readList(goField(json, 'endpoints'), 'endpoints').map((url) => readText(url, 'endpoints'))
  const found = urls.map(readEndpoint).filter((endpoint) => endpoint !== undefined)
  if (found.length === 0 && urls.length > 0) {
    throw new InvalidInstanceError('endpoints', 'holds no URL with a host and a port')
  }
  const ids = new Set<string>()
  return found.map(({ scheme, address }, index) => {
    const plain = urls.length === 1 && urls[0] === `${scheme}://${address}`
    return {
      id: unique(ids, index === 0 ? id : `${id}#${scheme}`),
      service,
      address,
      scheme,
      weight: readWeightTag(tags.weight) ?? defaultWeight,
      tags: withoutWeight(tags),
      ...readTagFields({ ...tags, version }),
      ...(plain ? {} : { extra: { endpoints: goJson(urls) } }),
    }
  })
}

/** Until v2.3 Kratos said in the query whether the endpoint speaks TLS. */
function readEndpoint(url: string): EndpointUrl | undefined {
  const endpoint = readEndpointUrl(url)
  if (endpoint?.query.get('isSecure') !== 'true' || !['grpc', 'http'].includes(endpoint.scheme)) return endpoint
  return { ...endpoint, scheme: `${endpoint.scheme}s` }
}

function unique(taken: Set<string>, id: string): string {
  let free = id
  for (let count = 2; taken.has(free); count += 1) free = `${id}${count}`
  taken.add(free)
  return free
}
