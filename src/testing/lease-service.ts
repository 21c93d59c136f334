import type {
  WireLeaseGrantResponse,
  WireLeaseKeepAliveResponse,
  WireLeaseLeasesResponse,
  WireLeaseRevokeResponse,
  WireLeaseTimeToLiveResponse,
} from '../http-client/wire.ts'
import { type EtcdServer, header } from './etcd-server.ts'
import type { LeaseGrantRequest, LeaseRequest, LeaseTimeToLiveRequest } from './lease-request.ts'

export function grant(server: EtcdServer, request: LeaseGrantRequest): WireLeaseGrantResponse {
  const lease = server.leases.grant(request.ID, request.TTL)
  return { header: header(server), ID: lease.id, TTL: String(lease.ttl) }
}

export function revoke(server: EtcdServer, request: LeaseRequest): WireLeaseRevokeResponse {
  server.leases.revoke(request.ID)
  return { header: header(server) }
}

/** A lease that is gone is not an error: its TTL is 0. */
export function keepAlive(server: EtcdServer, request: LeaseRequest): WireLeaseKeepAliveResponse {
  // Before the renewal, as etcd takes it, so that the revision is never later than the renewal.
  const before = header(server)
  return { header: before, ID: request.ID, TTL: String(server.leases.renew(request.ID)?.ttl ?? 0) }
}

/** A lease that is gone is not an error: its TTL is -1. */
export function timeToLive(server: EtcdServer, request: LeaseTimeToLiveRequest): WireLeaseTimeToLiveResponse {
  const lease = server.leases.get(request.ID)
  const answer = { header: header(server), ID: request.ID }
  if (!lease) return { ...answer, TTL: '-1' }
  const remaining = Math.max(0, Math.floor(server.leases.remainingMs(lease.id) / 1000))
  const keys = request.keys ? [...lease.keys].sort().map((key) => btoa(key)) : []
  return { ...answer, TTL: String(remaining), grantedTTL: String(lease.ttl), keys }
}

export function leases(server: EtcdServer): WireLeaseLeasesResponse {
  return { header: header(server), leases: server.leases.list().map(({ id }) => ({ ID: id })) }
}
