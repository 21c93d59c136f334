/** A positive random number of 63 bits, the kind of id that etcd gives out. */
export function random63(): bigint {
  const [value = 0n] = crypto.getRandomValues(new BigUint64Array(1))
  return BigInt.asUintN(63, value) || 1n
}
