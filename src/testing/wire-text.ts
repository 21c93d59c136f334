import type { WireKeyValue } from '../http-client/wire.ts'
import type { KeyValue } from './key-index.ts'

/**
 * A message as protobuf JSON without unpopulated fields: members that hold their type's zero value are left out, so
 * that services can fill in every field. A message that is set but empty stays, as `{}`.
 */
export function wireText(message: object): string {
  return JSON.stringify(message, (_name, value: unknown) => (isZero(value) ? undefined : value))
}

export function wireKeyValue(kv: KeyValue): WireKeyValue {
  return {
    key: btoa(kv.key),
    create_revision: String(kv.createRevision),
    mod_revision: String(kv.modRevision),
    version: String(kv.version),
    value: btoa(kv.value),
    lease: kv.lease,
  }
}

// Base64 is never a lone "0", so that one test serves 64-bit integers and bytes.
function isZero(value: unknown): boolean {
  return value === '0' || value === '' || value === false || (Array.isArray(value) && value.length === 0)
}
