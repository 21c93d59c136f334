import { InvalidInstanceError } from '../errors.ts'
import { checkAddress, splitAddress } from './address.ts'
import { goSorted } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { checkPrefix, checkSegment } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { ServiceInstance } from './service-instance.ts'
import { joinTags, readTagFields, readWeightTag, weightTag, withoutWeight } from './tag-fields.ts'
import { readExtra, refuse } from './unsupported.ts'

export interface RpcxOptions {
  /**
   * rpcx's `BasePath`, verbatim: with and without a leading slash are different places. @default "/rpcx_test", as in rpcx's
   * examples
   */
  readonly prefix?: string
}

const name = 'rpcx'
const defaultWeight = 1
/** Figures that rpcx's server writes again and again. */
const figures = ['calls', 'connections']

/**
 * rpcx-etcd: key `<base>/<service>/<network>@<host:port>`, value a query string such as `group=blue&weight=20`, empty when
 * there is nothing to say. The network is our `scheme` (`tcp` when none is given), and with the address it is the id. Groups
 * are in `extra.group`, separated by commas; every other key of the query is a tag, repeated ones with commas as well. The
 * load figures `calls` and `connections` are left out, or each beat of rpcx's server would look like a change. An instance
 * that says `state=inactive` is not there, as for rpcx's clients. Version and zone travel as tags, which is our own custom.
 *
 * `<base>` = `rpcx_path` and `<base>/<service>` = `<service>` are put beside the instance and stay: without them rpcx's
 * clients do not start when no instance is there, and do not notice that the last one has gone.
 *
 * Source: `serverplugin/etcdv3.go`, `client/etcdv3_discovery.go` of rpcx-etcd v0.5.0; `client/xclient_discovery.go`,
 * `client/selector.go` of rpcx.
 */
export function rpcx(options: RpcxOptions = {}): InstanceFormat {
  const base = checkPrefix(options.prefix ?? '/rpcx_test', 'prefix')
  const root = `${base}/`
  const own = (service: string) => `${root}${checkSegment(service, 'service')}`
  const split = (key: string) => {
    const [service = '', ...rest] = key.startsWith(root) ? key.slice(root.length).split('/') : []
    return service === '' ? undefined : { service, rest: rest.join('/') }
  }
  return {
    name,
    root,
    defaults: { ttlSeconds: 30, weight: defaultWeight },
    dir: (service) => `${own(service)}/`,
    serviceOf: (key) => split(key)?.service,
    defaultId: ({ scheme = 'tcp', address }) => `${scheme}@${address}`,
    key: ({ service, id }) => `${own(service)}/${checkSegment(id, 'id')}`,
    encode: (instance) => new TextEncoder().encode(toQuery(instance)),
    markers: ({ service }) => [
      ...(base === '' ? [] : [{ key: base, value: 'rpcx_path' }]),
      { key: own(service), value: service },
    ],
    decode(key, value) {
      const path = split(key)
      if (path === undefined) throw new InvalidInstanceError('key', `is not ${root}<service>/<network>@<address>`)
      // The marker of a service, or the bare directory.
      return path.rest === '' ? [] : readRecord(path.service, path.rest, new URLSearchParams(valueText(value)))
    },
  }
}

function toQuery(instance: ServiceInstance): string {
  refuse(name, instance, ['status'])
  const { id, address, scheme = 'tcp', tags, version, zone } = instance
  const [network, at] = splitId(id)
  if (at !== checkAddress(address) || network !== scheme) {
    throw new InvalidInstanceError('id', `is <scheme>@<address> in the ${name} format`)
  }
  for (const field of ['group', ...figures]) {
    if (Object.hasOwn(tags, field))
      throw new InvalidInstanceError(`tags.${field}`, `is not a tag in the ${name} format`)
  }
  if (tags.state === 'inactive') throw new InvalidInstanceError('tags.state', 'inactive would hide the instance')
  const weighed = joinTags(name, tags, { version, zone, weight: weightTag(name, instance, defaultWeight) })
  const { group } = readExtra(name, instance, ['group'])
  const entries = goSorted<readonly string[]>({
    ...Object.fromEntries(Object.entries(weighed).map(([field, value]) => [field, [value]])),
    ...(group === undefined ? {} : { group: group.split(',') }),
  })
  return entries
    .flatMap(([field, values]) => values.map((value) => `${queryEscape(field)}=${queryEscape(value)}`))
    .join('&')
}

function readRecord(service: string, id: string, query: URLSearchParams): readonly ServiceInstance[] {
  const [scheme, address] = splitId(id)
  if (splitAddress(address) === undefined)
    throw new InvalidInstanceError('key', 'does not end with <network>@host:port')
  if (query.get('state') === 'inactive') return []
  const names = [...new Set(query.keys())].filter((field) => !figures.includes(field))
  const { group, ...fields } = Object.fromEntries(names.map((field) => [field, query.getAll(field).join(',')]))
  return [
    {
      id,
      service,
      address,
      scheme,
      weight: readWeightTag(fields.weight) ?? defaultWeight,
      tags: withoutWeight(fields),
      ...readTagFields(fields),
      ...(group === undefined ? {} : { extra: { group } }),
    },
  ]
}

/** Who does not name the network means TCP. */
function splitId(id: string): readonly [network: string, address: string] {
  const at = id.indexOf('@')
  return at < 0 ? ['tcp', id] : [id.slice(0, at), id.slice(at + 1)]
}

/** Go's `url.QueryEscape`. */
function queryEscape(text: string): string {
  const escaped = Array.from(new TextEncoder().encode(text), (byte) => {
    const character = String.fromCharCode(byte)
    if (/[A-Za-z0-9._~-]/.test(character)) return character
    return character === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  })
  return escaped.join('')
}
