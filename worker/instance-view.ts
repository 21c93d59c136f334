import type { ResolvedInstance } from 'etcd-edge/resolver'

/** The same fields in the same order for the same instance, tags by name, so that equal state gives equal bytes. */
export function viewOf(instance: ResolvedInstance) {
  const { id, service, address, scheme, weight, zone, version, status, createRevision, modRevision } = instance
  const tags = Object.fromEntries(Object.entries(instance.tags).sort(byName))
  // What is undefined is left out of the JSON.
  const where = { id, service, address, scheme, weight, zone, version, tags }
  return { ...where, status: status ?? 'passing', createRevision, modRevision }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)
