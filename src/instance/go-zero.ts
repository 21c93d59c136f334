import { InvalidInstanceError } from '../errors.ts'
import { checkAddress, splitAddress } from './address.ts'
import type { InstanceFormat } from './instance-format.ts'
import { checkOptionalPrefix, checkPath, splitPathKey } from './key-path.ts'
import { valueText } from './record-value.ts'
import { refuse } from './unsupported.ts'

export interface GoZeroOptions {
  /** What stands before every `Key`, with a slash between. @default "": the service is the whole `Key` */
  readonly prefix?: string
}

const name = 'goZero'
const defaultWeight = 100
const largestId = 2n ** 63n - 1n

/**
 * go-zero's `core/discov`: key `<Key>/<id>`, value `host:port`. The service is the `Key` of its configuration; the id is that
 * of the lease, in decimal, unless a positive integer is given (its `Etcd.ID`). So a new lease is a new key. The scheme is
 * `grpc`. Nothing else fits in: tags, version, zone, draining and any weight but the default are refused.
 *
 * Several keys with one address are one instance, which is there until the last of them has gone.
 *
 * Source: `core/discov/publisher.go`, `clients.go`, `subscriber.go`, `internal/registry.go` of go-zero v1.10.3.
 */
export function goZero(options: GoZeroOptions = {}): InstanceFormat {
  const root = checkOptionalPrefix(options.prefix ?? '', 'prefix')
  const dir = (service: string) => `${root}${checkPath(service, 'service')}/`
  return {
    name,
    root,
    defaults: { ttlSeconds: 10, weight: defaultWeight },
    dir,
    serviceOf: (key) => splitPathKey(root, key)?.service,
    // Instances that share a lease cannot share its id.
    defaultId: (_, leaseId) => leaseId ?? String(randomId()),
    key: ({ service, id }) => `${dir(service)}${checkId(id)}`,
    encode(instance) {
      refuse(name, instance, ['tags', 'version', 'zone', 'status', 'extra'])
      const { address, scheme = 'grpc', weight } = instance
      if (scheme !== 'grpc') throw new InvalidInstanceError('scheme', `is grpc in the ${name} format`)
      if (weight !== defaultWeight) {
        throw new InvalidInstanceError('weight', `the ${name} format has no place for it`)
      }
      return new TextEncoder().encode(checkAddress(address))
    },
    decode(key, value, service) {
      const path = splitPathKey(root, key, service)
      if (path === undefined) throw new InvalidInstanceError('key', `is not ${root}<Key>/<id>`)
      // Below another Key, which begins with this one: "shop" and "shop/order.rpc".
      if (path.rest.includes('/')) return []
      const address = valueText(value)
      if (splitAddress(address) === undefined) throw new InvalidInstanceError('value', 'is not host:port')
      return [{ id: path.rest, service: path.service, address, scheme: 'grpc', weight: defaultWeight, tags: {} }]
    },
    visible(instances) {
      const seen = new Set<string>()
      return instances.filter(({ address }) => {
        const isFirst = !seen.has(address)
        seen.add(address)
        return isFirst
      })
    },
  }
}

function checkId(id: string): string {
  if (typeof id !== 'string' || !/^[1-9]\d{0,18}$/.test(id) || BigInt(id) > largestId) {
    throw new InvalidInstanceError('id', `is an integer from 1 to ${largestId} in the ${name} format`)
  }
  return id
}

function randomId(): bigint {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1))
  return random & largestId || 1n
}
