import { goJson } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { checkPrefix } from './key-path.ts'
import { networkFormat } from './network-record.ts'

export interface KitexOptions {
  /** Kitex's `WithEtcdServicePrefix`. `''` is what its `…WithAuth` constructors use. @default "kitex/registry-etcd" */
  readonly prefix?: string
  /**
   * Kitex's `WithDefaultWeight`: what a record has that says no weight, 0 or less; and what an instance is registered with
   * that says none, where Kitex' own servers write 10. An integer of 0 or more; with 0, which its `…WithAuth` resolver uses,
   * such records are drained and who registers has to say a weight. @default 10
   */
  readonly defaultWeight?: number
}

/**
 * Kitex's `registry-etcd`: key `<prefix>/<service>/<host:port>`, value JSON `network, address, weight, tags`. The network
 * is our `scheme` (`tcp` when none is given). Version and zone travel as the tags of these names, which is our own custom.
 * Weight 0 is refused: Kitex reads it as its default weight.
 *
 * Source: `common.go`, `option.go`, `etcd_registry.go`, `etcd_resolver.go` of kitex-contrib/registry-etcd v0.2.6.
 *
 * @throws TypeError for `prefix`, RangeError for `defaultWeight`.
 */
export function kitex(options: KitexOptions = {}): InstanceFormat {
  const prefix = checkPrefix(options.prefix ?? 'kitex/registry-etcd', 'prefix')
  // Kitex hands the prefix to fmt.Sprintf as the format.
  if (prefix.includes('%')) throw new TypeError('prefix must not hold "%": Kitex would take it for a format verb')
  const { defaultWeight = 10 } = options
  if (!Number.isSafeInteger(defaultWeight) || defaultWeight < 0) {
    throw new RangeError(`defaultWeight must be an integer of 0 or more, got ${defaultWeight}`)
  }
  return networkFormat({ name: 'kitex', prefix, defaultWeight, json: goJson })
}
