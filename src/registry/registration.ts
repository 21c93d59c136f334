import type { LeaseId } from '../http-client/index.ts'
import type { ServiceInstance } from '../instance/index.ts'

/** Which instance: its service and its id. */
export interface InstanceName {
  readonly service: string
  readonly id: string
}

/**
 * An instance as it is registered. Plain data: it may live in a variable, a cookie, a KV entry or a Durable Object's
 * storage, and be handed back by another process.
 */
export interface Registration {
  readonly key: string
  /** The lease that holds the key; whoever has its id owns the registration. */
  readonly leaseId: LeaseId
  /** What etcd granted, in seconds: it may be more than was asked for. */
  readonly ttlSeconds: number
  /** What was asked for, in seconds. */
  readonly askedTtlSeconds: number
  /** When the last call that gave the lease its whole TTL was sent: milliseconds since 1970, by the caller's clock. */
  readonly renewedAt: number
  /** etcd's revision when the instance was last written or seen. */
  readonly revision: number
  readonly instance: ServiceInstance
  /** When etcd last showed that the key holds this instance: as `renewedAt`. Absent: look at the next occasion. */
  readonly lookedAt?: number
  /** Other keys live under the same lease: deregistering deletes the key and leaves the lease. */
  readonly sharedLease?: boolean
}

/**
 * It may come from storage, of whatever age and whoever's.
 * @throws TypeError naming the argument when it is no registration.
 */
export function checkRegistration(value: Registration, argument: string): Registration {
  const { key, leaseId, instance } = (value ?? {}) as Partial<Registration>
  if (typeof key === 'string' && typeof leaseId === 'string' && typeof instance === 'object' && instance !== null) {
    return value
  }
  throw new TypeError(`${argument} must be a Registration, as register() gives it`)
}

/** A keep-alive that succeeds is no proof that the key is there: it is looked at at least once a TTL, and every 30 s. */
export function longestLookMs(ttlSeconds: number): number {
  return Math.min(ttlSeconds * 1000, 30_000)
}

/** The share of the TTL, in milliseconds, that is surely left at `now`. */
export function remainingMs({ renewedAt, ttlSeconds }: Registration, now: number): number {
  const age = now - renewedAt
  // A clock that went back knows nothing of the lease's age.
  return age < 0 ? 0 : Math.max(0, ttlSeconds * 1000 - age)
}
