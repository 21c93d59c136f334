import { type BackgroundInterval, startBackgroundInterval } from './background-interval.ts'
import type { Change } from './key-index.ts'
import { keySpan } from './key-span.ts'
import type { MvccStore } from './mvcc-store.ts'
import { random63 } from './random-63.ts'
import { etcdError } from './rpc-error.ts'

export interface Lease {
  readonly id: string
  /** Seconds, as granted. */
  readonly ttl: number
  readonly keys: ReadonlySet<string>
}

interface LeaseRecord extends Lease {
  readonly keys: Set<string>
  expiresAt: number
}

/** etcd's lessor looks for expired leases this often (`server/lease/lessor.go`, runLoop). */
const sweepMs = 500
/** `lease.MaxLeaseTTL`. */
const maxTtl = 9_000_000_000

/**
 * The leases of a store. A lease whose time is over is revoked by a sweep every 500 ms, which runs only while there are
 * leases: its keys go in one revision, in key order. Where timers do not run (Workers between requests), `catchUp`
 * revokes what a sweep would have.
 */
export class LeaseBook {
  readonly #store: MvccStore
  readonly #now: () => number
  readonly #minTtl: number
  readonly #leases = new Map<string, LeaseRecord>()
  readonly #leaseOf = new Map<string, LeaseRecord>()
  #sweep: BackgroundInterval | undefined

  constructor(store: MvccStore, now: () => number, minTtl: number) {
    this.#store = store
    this.#now = now
    this.#minTtl = minTtl
    store.onCommit((changes) => this.#attach(changes))
  }

  has(id: string): boolean {
    return this.#leases.has(id)
  }

  get(id: string): Lease | undefined {
    return this.#leases.get(id)
  }

  /** The leases, those that expire first first. */
  list(): Lease[] {
    return [...this.#leases.values()].sort((a, b) => a.expiresAt - b.expiresAt)
  }

  /**
   * Grants a lease of at least the minimum TTL; id `"0"` lets the book choose.
   *
   * @throws RpcError `LeaseTTLTooLarge` or `LeaseExist`.
   */
  grant(id: string, ttlSeconds: number): Lease {
    if (ttlSeconds > maxTtl) throw etcdError('LeaseTTLTooLarge')
    if (this.#leases.has(id)) throw etcdError('LeaseExist')
    const ttl = Math.max(ttlSeconds, this.#minTtl)
    const lease: LeaseRecord = {
      id: id === '0' ? String(random63()) : id,
      ttl,
      keys: new Set(),
      expiresAt: this.#expiry(ttl),
    }
    this.#leases.set(lease.id, lease)
    this.#sweep ??= startBackgroundInterval(() => this.#revokeBefore(this.#now()), sweepMs)
    return lease
  }

  /** Gives the lease its whole TTL again; `undefined`: there is no such lease. */
  renew(id: string): Lease | undefined {
    // etcd lets the call wait until an expired lease is revoked; the outcome is the same.
    if (this.remainingMs(id) <= 0 && this.has(id)) this.revoke(id)
    const lease = this.#leases.get(id)
    if (lease) lease.expiresAt = this.#expiry(lease.ttl)
    return lease
  }

  /** Until the lease expires; 0 or less when it only waits to be revoked or is not there. */
  remainingMs(id: string): number {
    return (this.#leases.get(id)?.expiresAt ?? 0) - this.#now()
  }

  /** Deletes the lease and its keys. @throws RpcError `LeaseNotFound`. */
  revoke(id: string): void {
    const lease = this.#leases.get(id)
    if (!lease) throw etcdError('LeaseNotFound')
    this.#leases.delete(id)
    if (this.#leases.size === 0) this.close()
    const keys = [...lease.keys].sort()
    this.#store.write((view) => {
      for (const key of keys) view.delete(keySpan(key, ''))
    })
  }

  /** Revokes the leases that a sweep had the time to find. */
  catchUp(): void {
    this.#revokeBefore(this.#now() - sweepMs)
  }

  /** Revokes every lease whose time is over, without waiting for a sweep. */
  revokeExpired(): void {
    this.#revokeBefore(this.#now())
  }

  /** Ends the sweeps; nothing expires any more. */
  close(): void {
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }

  #revokeBefore(time: number): void {
    for (const lease of this.#leases.values()) {
      if (lease.expiresAt <= time) this.revoke(lease.id)
    }
  }

  #expiry(ttl: number): number {
    return this.#now() + ttl * 1000
  }

  #attach(changes: readonly Change[]): void {
    for (const { kv } of changes) {
      this.#leaseOf.get(kv.key)?.keys.delete(kv.key)
      this.#leaseOf.delete(kv.key)
      const lease = this.#leases.get(kv.lease)
      if (!lease) continue
      lease.keys.add(kv.key)
      this.#leaseOf.set(kv.key, lease)
    }
  }
}
