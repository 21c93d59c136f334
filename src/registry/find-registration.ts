import { InvalidInstanceError } from '../errors.ts'
import type { CallOptions, EtcdClient } from '../http-client/index.ts'
import type { InstanceFormat, ServiceInstance } from '../instance/index.ts'
import type { InstanceName, Registration } from './registration.ts'

/** Reads a registration back from etcd: the record, and what is left of its lease. */
export async function findRegistration(
  etcd: EtcdClient,
  format: InstanceFormat,
  { service, id }: InstanceName,
  options: CallOptions = {},
): Promise<Registration | undefined> {
  // Nothing but service and id make the key of the formats that can be asked for by id.
  const key = format.key({ service, id, address: id, weight: format.defaults.weight, tags: {} }, '0')
  const kv = await etcd.kv.get(key, options)
  if (kv === undefined) return undefined
  const instance = decodeOne(format, key, kv.value, { service, id })
  if (instance === undefined) return undefined
  const now = Date.now()
  const found = { key, leaseId: kv.leaseId, instance, revision: kv.modRevision, lookedAt: now }
  if (kv.leaseId === '0') return { ...found, ttlSeconds: 0, askedTtlSeconds: 0, renewedAt: now }
  const lease = await etcd.lease.timeToLive(kv.leaseId, { ...options, keys: true })
  // Expired in between: its key goes with it.
  if (lease.ttlSeconds < 0) return undefined
  return {
    ...found,
    ttlSeconds: lease.grantedTtlSeconds,
    askedTtlSeconds: lease.grantedTtlSeconds,
    renewedAt: now - (lease.grantedTtlSeconds - lease.ttlSeconds) * 1000,
    ...(lease.keys.length > 1 ? { sharedLease: true } : {}),
  }
}

// A record that nobody can read registers nobody.
function decodeOne(
  format: InstanceFormat,
  key: string,
  value: string,
  { service, id }: InstanceName,
): ServiceInstance | undefined {
  try {
    return format.decode(key, value, service).find((candidate) => candidate.id === id)
  } catch (error) {
    if (error instanceof InvalidInstanceError) return undefined
    throw error
  }
}
