import { goJson } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { checkPrefix } from './key-path.ts'
import { networkFormat } from './network-record.ts'

export interface KitexOptions {
  /** Kitex's `WithEtcdServicePrefix`. `''` is what its `…WithAuth` constructors use. @default "kitex/registry-etcd" */
  readonly prefix?: string
}

/**
 * Kitex's `registry-etcd`: key `<prefix>/<service>/<host:port>`, value JSON `network, address, weight, tags`. The network
 * is our `scheme` (`tcp` when none is given). Version and zone travel as the tags of these names, which is our own custom.
 * Weight 0 is refused: Kitex reads it as 10.
 *
 * Source: `common.go`, `etcd_registry.go`, `etcd_resolver.go` of kitex-contrib/registry-etcd v0.2.6.
 */
export function kitex(options: KitexOptions = {}): InstanceFormat {
  const prefix = checkPrefix(options.prefix ?? 'kitex/registry-etcd', 'prefix')
  // Kitex hands the prefix to fmt.Sprintf as the format.
  if (prefix.includes('%')) throw new TypeError('prefix must not hold "%": Kitex would take it for a format verb')
  return networkFormat({ name: 'kitex', prefix, json: goJson })
}
