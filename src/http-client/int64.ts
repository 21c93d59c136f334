import { ProtocolError } from '../errors.ts'

/**
 * Revisions, versions and counts as numbers: exact up to 2^53, which a store that is written to a million times a second
 * reaches after 285 years. Ids use all 64 bits and stay strings.
 *
 * @throws ProtocolError when the field is not a decimal integer in that range.
 */
export function readInt64(value: unknown, field: string): number {
  if (value === undefined || value === null) return 0
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    throw new ProtocolError(`etcd's answer has no usable integer in "${field}"`)
  }
  return number
}

/** An id of a lease, member or cluster as the decimal string that etcd sent; absent means `"0"`. */
export function readId(value: unknown): string {
  return typeof value === 'string' ? value : '0'
}

export function writeInt64(value: number, option: string): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${option} must be an integer, got ${value}`)
  return String(value)
}
