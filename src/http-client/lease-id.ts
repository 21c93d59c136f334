/** A lease's id as an opaque decimal string: it uses all 63 bits, more than a JavaScript number holds. */
export type LeaseId = string

/** The id as etcdctl prints it: lower-case hexadecimal. */
export function leaseIdToHex(leaseId: LeaseId): string {
  return BigInt.asUintN(64, BigInt(checkLeaseId(leaseId))).toString(16)
}

/** The id that etcdctl prints, as the decimal string this library uses. @throws TypeError when it is not hexadecimal. */
export function leaseIdFromHex(hex: string): LeaseId {
  if (!/^[0-9a-f]{1,16}$/i.test(hex)) throw new TypeError('a lease id in hex has 1 to 16 hexadecimal digits')
  return BigInt.asIntN(64, BigInt(`0x${hex}`)).toString()
}

/**
 * A positive 63-bit id from the platform's random source. Choosing the id before asking for the lease lets a caller whose
 * grant was cut off in mid-flight revoke what may have been granted.
 */
export function randomLeaseId(): LeaseId {
  const [word = 0n] = crypto.getRandomValues(new BigUint64Array(1))
  return (BigInt.asUintN(63, word) || 1n).toString()
}

/** @throws TypeError when it is not a decimal string; ids are never numbers, which lose their last digits. */
export function checkLeaseId(leaseId: LeaseId, option = 'leaseId'): LeaseId {
  if (typeof leaseId !== 'string' || !/^-?\d{1,19}$/.test(leaseId)) {
    throw new TypeError(`${option} must be a lease id as a decimal string`)
  }
  return leaseId
}
