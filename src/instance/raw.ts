import { InvalidInstanceError } from '../errors.ts'
import { splitAddress } from './address.ts'
import { readEndpointUrl } from './endpoint-url.ts'
import type { InstanceFormat } from './instance-format.ts'
import { checkPrefix, checkSegment, splitKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import type { ServiceInstance } from './service-instance.ts'
import { readExtra, refuse } from './unsupported.ts'

export interface RawOptions {
  /** Where all services live. @default "/services" */
  readonly prefix?: string
  /**
   * List exactly this prefix, slash or not, whatever service is asked for: go-kit's `NewInstancer(client, prefix, …)`.
   * Without a slash at its end `/services/web` answers for `/services/web2` too, as it does there.
   */
  readonly queryPrefix?: string
}

const defaultWeight = 100

/**
 * go-kit's `sd/etcdv3`: any key, and the value is the address itself, a URL or `host:port`. Nothing else fits in, so tags,
 * version, zone, draining and any weight but the default are refused. The stored string is kept in `extra.value`, for
 * whoever hands it to a go-kit factory; given when registering, it is written as it is.
 *
 * Source: `sd/etcdv3/client.go`, `registrar.go`, `instancer.go` of go-kit v0.13.0.
 */
export function raw(options: RawOptions = {}): InstanceFormat {
  const root = `${checkPrefix(options.prefix ?? '/services', 'prefix')}/`
  const { queryPrefix } = options
  if (queryPrefix !== undefined && (typeof queryPrefix !== 'string' || queryPrefix === '')) {
    throw new TypeError('queryPrefix must be a string that is not empty')
  }
  const dir = (service: string) => `${root}${checkSegment(service, 'service')}/`
  return {
    name: 'raw',
    root: queryPrefix ?? root,
    defaults: { ttlSeconds: 10, weight: defaultWeight },
    dir(service) {
      const own = dir(service)
      return queryPrefix ?? own
    },
    serviceOf: (key) => (queryPrefix === undefined ? splitKey(root, key)?.service : baseName(queryPrefix)),
    defaultId: ({ address }) => address,
    key: ({ service, id }) => `${dir(service)}${checkSegment(id, 'id')}`,
    encode(instance) {
      refuse('raw', instance, ['tags', 'version', 'zone', 'status'])
      if (instance.weight !== defaultWeight) {
        throw new InvalidInstanceError('weight', 'the raw format has no place for it')
      }
      return new TextEncoder().encode(rawValue(instance))
    },
    decode(key, value) {
      const text = valueText(value)
      const { address, scheme } = readValue(text)
      const path = queryPrefix === undefined ? splitKey(root, key) : belowPrefix(queryPrefix, key)
      if (path === undefined) throw new InvalidInstanceError('key', `is not below ${root}<service>/`)
      const named = { id: path.rest || address, service: path.service, address }
      const rest = { weight: defaultWeight, tags: {}, extra: { value: text } }
      return [scheme === undefined ? { ...named, ...rest } : { ...named, scheme, ...rest }]
    },
  }
}

function belowPrefix(queryPrefix: string, key: string) {
  if (!key.startsWith(queryPrefix)) return undefined
  return { service: baseName(queryPrefix), rest: key.slice(queryPrefix.length).replace(/^\/+/, '') }
}

const baseName = (prefix: string) => prefix.split('/').findLast((segment) => segment !== '') ?? prefix

function rawValue(instance: ServiceInstance): string {
  const { address, scheme } = instance
  const { value } = readExtra('raw', instance, ['value'])
  if (value === undefined) return scheme === undefined ? address : `${scheme}://${address}`
  const stored = readValue(value)
  if (stored.address !== address || (scheme !== undefined && stored.scheme !== scheme)) {
    throw new InvalidInstanceError('extra.value', 'does not say the same address and scheme as the instance')
  }
  return value
}

function readValue(text: string): { readonly address: string; readonly scheme?: string } {
  if (!text.includes('://')) {
    if (splitAddress(text) === undefined) throw new InvalidInstanceError('value', 'is neither a URL nor host:port')
    return { address: text }
  }
  const url = readEndpointUrl(text)
  if (url === undefined) throw new InvalidInstanceError('value', 'is a URL without a host or a port to dial')
  return url
}
