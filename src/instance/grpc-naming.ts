import { InvalidInstanceError } from '../errors.ts'
import { checkAddress, splitAddress } from './address.ts'
import { type GoValue, goField, goJson, goMap } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { isObject, parseJson, parseObject, readText } from './json-record.ts'
import { checkOptionalPrefix, checkPath, checkSegment, splitPathKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { ServiceInstance } from './service-instance.ts'
import { joinTags, readTagFields, readWeightTag, weightTag, withoutWeight } from './tag-fields.ts'
import { readExtra, refuse } from './unsupported.ts'

export interface GrpcNamingOptions {
  /** What stands before every target, with a slash between. @default "": the service is the whole target */
  readonly prefix?: string
}

type Described = Pick<ServiceInstance, 'weight' | 'tags' | 'version' | 'zone'>

const name = 'grpcNaming'
const defaultWeight = 100

/**
 * etcd's own gRPC naming (`client/v3/naming`): key `<target>/<address>`, value JSON `Op, Addr, Metadata`. The service is the
 * target, `svc/pay` for `etcd:///svc/pay`; whatever lies deeper under it belongs to it too. The scheme is `grpc`.
 *
 * Metadata is any JSON. Tags, version, zone and a weight other than 100 travel as its fields, which is our own custom, for
 * gRPC itself looks at none of them; so weight 0, which would drain nobody, is refused. Metadata of another shape is kept as
 * JSON in `extra.metadata`, and its text, or what can be told of it, in the tags; given when registering, it is written as
 * it is. There is no TTL of its own: 30 s, as OpenIM takes.
 *
 * Source: `naming/endpoints/endpoints_impl.go` and `internal/update.go` of etcd's client v3.6.14.
 */
export function grpcNaming(options: GrpcNamingOptions = {}): InstanceFormat {
  const root = checkOptionalPrefix(options.prefix ?? '', 'prefix')
  const dir = (service: string) => `${root}${checkPath(service, 'service')}/`
  return {
    name,
    root,
    defaults: { ttlSeconds: 30, weight: defaultWeight },
    dir,
    serviceOf: (key) => splitPathKey(root, key)?.service,
    defaultId: ({ address }) => address,
    key: ({ service, id }) => `${dir(service)}${checkSegment(id, 'id')}`,
    encode(instance) {
      refuse(name, instance, ['status'])
      const { address, scheme = 'grpc', weight } = instance
      if (scheme !== 'grpc') throw new InvalidInstanceError('scheme', `is grpc in the ${name} format`)
      if (weight === 0) throw new InvalidInstanceError('weight', 'gRPC does not look at it, so 0 would drain nobody')
      const record = { Op: 0, Addr: checkAddress(address), Metadata: metadataOf(instance) }
      return new TextEncoder().encode(goJson(record))
    },
    decode(key, value, service) {
      const path = splitPathKey(root, key, service)
      if (path === undefined) throw new InvalidInstanceError('key', `is not ${root}<target>/<address>`)
      const json = parseObject(valueText(value))
      const address = readText(goField(json, 'Addr'), 'Addr')
      if (splitAddress(address) === undefined) throw new InvalidInstanceError('Addr', 'is not host:port')
      const metadata = (goField(json, 'Metadata') ?? null) as GoValue
      const described = describe(metadata)
      const stored = goJson(isObject(metadata) ? goMap(metadata as Record<string, GoValue>) : metadata)
      const extra = stored === goJson(plainMetadata(described)) ? {} : { extra: { metadata: stored } }
      return [{ id: path.rest, service: path.service, address, scheme: 'grpc', ...described, ...extra }]
    },
  }
}

function metadataOf(instance: ServiceInstance): GoValue {
  const { metadata } = readExtra(name, instance, ['metadata'])
  if (metadata === undefined) return plainMetadata(instance)
  const stored = parseJson(metadata, 'extra.metadata') as GoValue
  if (goJson(plainMetadata(describe(stored))) !== goJson(plainMetadata(instance))) {
    throw new InvalidInstanceError('extra.metadata', 'does not say the same tags, weight, version and zone')
  }
  return stored
}

function plainMetadata(described: Described): GoValue {
  const { tags, weight, version, zone } = described
  const joined: Record<string, string | number> = { ...joinTags(name, tags, { version, zone }) }
  if (weightTag(name, described, defaultWeight) !== undefined) joined.weight = weight
  return goMap(joined)
}

function describe(metadata: GoValue): Described {
  const tags = tagsOf(metadata)
  return {
    weight: readWeightTag(tags.weight) ?? defaultWeight,
    tags: withoutWeight(tags),
    ...readTagFields(tags),
  }
}

/** The fields of an object, also of one in a string, as `etcd grpc-proxy` writes it; else all of it as one tag. */
function tagsOf(metadata: GoValue): Readonly<Record<string, string>> {
  if (metadata === null) return {}
  const object = typeof metadata === 'string' ? parsed(metadata) : metadata
  if (!isObject(object)) return { metadata: textOf(metadata) }
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [field, textOf(value)]))
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : goJson(value as GoValue))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
