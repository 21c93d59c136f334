import { readEndpointUrl } from './endpoint-url.ts'
import { goMicro } from './go-micro.ts'
import { goZero } from './go-zero.ts'
import { grpcNaming } from './grpc-naming.ts'
import { hertz } from './hertz.ts'
import type { InstanceFormat } from './instance-format.ts'
import type { JsonObject } from './json-record.ts'
import { kitex } from './kitex.ts'
import { kratos } from './kratos.ts'
import { native } from './native.ts'
import { raw } from './raw.ts'
import { rpcx } from './rpcx.ts'
import { skydns } from './skydns.ts'

/** One record, taken apart. */
export interface Specimen {
  readonly key: string
  /** The key in `<prefix>/<service>/<id>`; the prefix is undefined when there are fewer segments. */
  readonly prefix: string | undefined
  readonly service: string
  readonly id: string
  readonly text: string
  /** When the value is a JSON object. */
  readonly json: JsonObject | undefined
  readonly leaseId: string | undefined
}

/** What speaks for a format in one record. */
export interface Clue {
  readonly create: (options: { readonly prefix: string }) => InstanceFormat
  readonly prefix: string
  /** From 0 to 1. */
  readonly strength: number
}

type Witness = (record: Specimen) => Clue | undefined

const nativeFields = ['address', 'scheme', 'weight', 'tags', 'version', 'zone', 'status']

/** Those of JSON with fields that nobody else writes first, bare addresses last. */
export const witnesses: readonly Witness[] = [
  ({ key, json }) => {
    if (json === undefined || !('Addr' in json) || 'MetadataX' in json) return undefined
    return clue(grpcNaming, leadingSlash(key), 'Op' in json ? 1 : 0.7)
  },
  ({ json, prefix }) => {
    if (json === undefined || !('network' in json && 'address' in json)) return undefined
    return prefix === 'hertz/registry-etcd' ? clue(hertz, prefix, 1) : usual(kitex, prefix, 'kitex/registry-etcd', 0.9)
  },
  ({ json, prefix, service }) => {
    if (json === undefined || !('endpoints' in json && json.name === service) || 'nodes' in json) return undefined
    return usual(kratos, prefix, '/microservices', 0.9)
  },
  ({ json, prefix }) => (Array.isArray(json?.nodes) ? usual(goMicro, prefix, '/micro/registry', 0.8) : undefined),
  ({ json, prefix }) => {
    if (json === undefined || !('host' in json || 'text' in json)) return undefined
    const [, first = ''] = prefix?.split('/') ?? []
    return clue(skydns, `/${first}`, first === 'skydns' ? 1 : 0.5)
  },
  ({ json, prefix }) => {
    if (json === undefined || !('address' in json) || 'network' in json) return undefined
    const ours = Object.keys(json).every((field) => nativeFields.includes(field))
    return ours ? usual(native, prefix, '/services', 0.8) : usual(native, prefix, undefined, 0.4)
  },
  ({ prefix, id }) => (/^[a-z]+@.+:\d+$/.test(id) ? usual(rpcx, prefix, '/rpcx_test', 0.9) : undefined),
  ({ key, json, id, leaseId }) => {
    if (json !== undefined || !/^[1-9]\d*$/.test(id)) return undefined
    return clue(goZero, leadingSlash(key), id === leaseId ? 1 : id.length > 15 ? 0.9 : 0.6)
  },
  ({ json, prefix, id, text }) => {
    if (json !== undefined) return undefined
    const says = readEndpointUrl(text)?.address ?? text
    return usual(raw, prefix, '/services', says === id ? 0.8 : 0.5)
  },
]

const clue = (create: Clue['create'], prefix: string, strength: number): Clue => ({ create, prefix, strength })

/** Where services are paths, all that can be told of the prefix. */
const leadingSlash = (key: string) => (key.startsWith('/') ? '/' : '')

/** The prefix that the framework takes when nobody says another speaks for it. */
function usual(create: Clue['create'], prefix: string | undefined, preset: string | undefined, strength: number) {
  return prefix === undefined ? undefined : clue(create, prefix, prefix === preset ? (1 + strength) / 2 : strength)
}
