import { LeaseNotFoundError } from '../errors.ts'
import { decodeBase64Text } from './base64.ts'
import * as calls from './calls.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway } from './gateway.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import { readId, readInt64, writeInt64 } from './int64.ts'
import { checkLeaseId, type LeaseId } from './lease-id.ts'
import type {
  WireLeaseGrantResponse,
  WireLeaseKeepAliveResponse,
  WireLeaseLeasesResponse,
  WireLeaseRevokeResponse,
  WireLeaseTimeToLiveResponse,
} from './wire.ts'

export interface GrantedLease extends ResponseHeader {
  readonly leaseId: LeaseId
  /** What etcd granted, which may be more than was asked for: at least 1.5 election timeouts (2 s by default). */
  readonly ttlSeconds: number
}

export interface GrantOptions extends CallOptions {
  /** An id of the caller's choice, such as {@link randomLeaseId} gives. @default etcd chooses */
  readonly leaseId?: LeaseId
}

export interface LeaseTimeToLive extends ResponseHeader {
  readonly leaseId: LeaseId
  /** Whole seconds left: 0 in the last second of its life, -1 when the lease is gone. */
  readonly ttlSeconds: number
  readonly grantedTtlSeconds: number
  /** The keys under the lease, when they were asked for. */
  readonly keys: readonly string[]
}

/** Leases: keys put under one disappear when it is revoked or not kept alive. */
export interface Lease {
  /** @throws RangeError when `ttlSeconds` is not an integer from 1 to 9,000,000,000. */
  grant(ttlSeconds: number, options?: GrantOptions): Promise<GrantedLease>
  /**
   * Gives the lease its whole TTL again.
   * @throws LeaseNotFoundError when it is gone; the gateway says so with HTTP 200 and no TTL (`v3rpc/lease.go`).
   */
  keepAliveOnce(leaseId: LeaseId, options?: CallOptions): Promise<GrantedLease>
  /** How long the lease has left. A lease that is gone is not an error here: `ttlSeconds` is -1, as in clientv3. */
  timeToLive(leaseId: LeaseId, options?: CallOptions & { readonly keys?: boolean }): Promise<LeaseTimeToLive>
  /** The ids of all leases. */
  list(options?: CallOptions): Promise<readonly LeaseId[]>
  /** Ends the lease and deletes its keys, in one revision. @throws LeaseNotFoundError when it is gone already. */
  revoke(leaseId: LeaseId, options?: CallOptions): Promise<ResponseHeader>
}

// The longest that etcd accepts (lease.MaxLeaseTTL, server/lease/lessor.go).
const maxTtlSeconds = 9_000_000_000

export function createLease(gateway: Gateway): Lease {
  return {
    async grant(ttlSeconds, options = {}) {
      if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maxTtlSeconds) {
        throw new RangeError(`ttlSeconds must be an integer from 1 to ${maxTtlSeconds}, got ${ttlSeconds}`)
      }
      const ID = options.leaseId === undefined ? {} : { ID: checkLeaseId(options.leaseId) }
      const body = { TTL: writeInt64(ttlSeconds, 'ttlSeconds'), ...ID }
      const answer = await gateway.call<WireLeaseGrantResponse>(calls.leaseGrant, body, options)
      return { leaseId: readId(answer.ID), ttlSeconds: readInt64(answer.TTL, 'TTL'), ...readHeader(answer.header) }
    },
    async keepAliveOnce(leaseId, options) {
      const body = { ID: checkLeaseId(leaseId) }
      const answer = await gateway.call<WireLeaseKeepAliveResponse>(calls.leaseKeepAlive, body, options)
      const ttlSeconds = readInt64(answer.TTL, 'TTL')
      if (ttlSeconds <= 0) throw new LeaseNotFoundError('lease/keepalive: the lease is gone', { leaseId })
      return { leaseId, ttlSeconds, ...readHeader(answer.header) }
    },
    async timeToLive(leaseId, options = {}) {
      const body = { ID: checkLeaseId(leaseId), ...(options.keys ? { keys: true } : {}) }
      const answer = await gateway.call<WireLeaseTimeToLiveResponse>(calls.leaseTimeToLive, body, options)
      return {
        leaseId,
        ttlSeconds: readInt64(answer.TTL, 'TTL'),
        grantedTtlSeconds: readInt64(answer.grantedTTL, 'grantedTTL'),
        keys: (answer.keys ?? []).map(decodeBase64Text),
        ...readHeader(answer.header),
      }
    },
    async list(options) {
      const answer = await gateway.call<WireLeaseLeasesResponse>(calls.leaseLeases, {}, options)
      return (answer.leases ?? []).map(({ ID }) => readId(ID))
    },
    async revoke(leaseId, options) {
      const body = { ID: checkLeaseId(leaseId) }
      const answer = await gateway.call<WireLeaseRevokeResponse>(calls.leaseRevoke, body, options)
      return readHeader(answer.header)
    },
  }
}
