import { hash53 } from './hash.ts'

/**
 * A weak entity tag: a short cluster id and a hash of what is shown. It stays the same while nothing that is shown changes,
 * whatever else is written to etcd, and it differs between clusters.
 */
export function entityTag(clusterId: string, shown: string): string {
  const cluster = (hash53(clusterId) % 0x10000).toString(16).padStart(4, '0')
  return `W/"${cluster}-${hash53(shown).toString(16)}"`
}

/** Whether `If-None-Match` names this tag, by weak comparison (RFC 9110, 13.1.2). */
export function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = tag.replace(/^W\//, '')
  return ifNoneMatch.match(/"[^"]*"/g)?.includes(opaque) ?? false
}
