import { plainJson } from './go-json.ts'
import type { InstanceFormat } from './instance-format.ts'
import { checkPrefix } from './key-path.ts'
import { networkFormat } from './network-record.ts'

export interface HertzOptions {
  /** Hertz itself knows no other than the default. @default "hertz/registry-etcd" */
  readonly prefix?: string
}

/**
 * Hertz's `registry/etcd`: as {@link kitex}, under another prefix, and without Go's HTML-safe escapes. Hertz writes tags in
 * random order, we in that of their bytes.
 *
 * Source: `etcd/common.go`, `etcd/registry.go`, `etcd/resolver.go` of hertz-contrib/registry v0.1.1.
 */
export function hertz(options: HertzOptions = {}): InstanceFormat {
  const prefix = checkPrefix(options.prefix ?? 'hertz/registry-etcd', 'prefix')
  return networkFormat({ name: 'hertz', prefix, json: plainJson })
}
