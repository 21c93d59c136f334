import { noKeyError } from '../errors.ts'
import { encodeBase64 } from './base64.ts'

/** Text (sent as UTF-8) or bytes. */
export type Bytes = string | Uint8Array

/** Which keys: all under a prefix (`''` is every key), those in [`key`, `rangeEnd`), or all from a key on. */
export type KeyRange =
  | { readonly prefix: Bytes }
  | { readonly key: Bytes; readonly rangeEnd: Bytes }
  | { readonly fromKey: Bytes }

export interface WireKeyRange {
  key: string
  range_end?: string
}

// Base64 of the zero byte: as `range_end` "no end", as `key` the smallest key (rpc.proto, RangeRequest).
const zero = 'AA=='

export function wireKey(key: Bytes, argument = 'key'): string {
  if (key.length === 0) throw noKeyError(argument)
  return encodeBase64(key)
}

export function wireRange(range: KeyRange): WireKeyRange {
  if ('prefix' in range) {
    if (range.prefix.length === 0) return { key: zero, range_end: zero }
    return { key: encodeBase64(range.prefix), range_end: encodeBase64(prefixEnd(range.prefix)) }
  }
  if ('fromKey' in range) return { key: wireKey(range.fromKey, 'fromKey'), range_end: zero }
  return { key: wireKey(range.key), range_end: wireKey(range.rangeEnd, 'rangeEnd') }
}

/**
 * The smallest key that is greater than every key with this prefix, as the `rangeEnd` of a range: the last byte that is not
 * 0xff, plus one, and nothing behind it; a zero byte ("no end") when there is none. As `GetPrefixRangeEnd` of clientv3 (`op.go`).
 */
export function prefixEnd(prefix: Bytes): Uint8Array {
  const bytes = typeof prefix === 'string' ? new TextEncoder().encode(prefix) : prefix
  for (let i = bytes.length - 1; i >= 0; i--) {
    const byte = bytes[i] ?? 0xff
    if (byte === 0xff) continue
    const end = bytes.slice(0, i + 1)
    end[i] = byte + 1
    return end
  }
  return new Uint8Array(1)
}
