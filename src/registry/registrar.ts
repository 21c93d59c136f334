import { checkMs } from '../check-ms.ts'
import { InstanceConflictError, LeaseNotFoundError } from '../errors.ts'
import type { CallOptions, EtcdClient } from '../http-client/index.ts'
import { compare, op, randomLeaseId } from '../http-client/index.ts'
import {
  completeInstance,
  type InstanceFormat,
  type InstanceInput,
  native,
  type ServiceInstance,
} from '../instance/index.ts'
import { checkOnConflict, claimKey, conflict, type OnConflict } from './claim-key.ts'
import { findRegistration } from './find-registration.ts'
import { underItsName } from './input-name.ts'
import { putMarkers } from './put-markers.ts'
import { checkRegistration, type InstanceName, longestLookMs, type Registration, remainingMs } from './registration.ts'
import { sameBytes } from './same-bytes.ts'

export interface RegistrarOptions {
  /** How instances are written. @default native() */
  readonly format?: InstanceFormat
  /** The lease to ask for: an integer of 1 or more. @default the format's own, such as 30 for native and 60 for Kitex */
  readonly ttlSeconds?: number
}

export interface RegisterOptions extends CallOptions {
  /** @default the registrar's */
  readonly ttlSeconds?: number
  /** What this process, or the one before it, had registered. It is renewed, updated or replaced, as needed. */
  readonly previous?: Registration | undefined
  /** When the key is somebody else's: take it over, or throw InstanceConflictError. @default "takeover" */
  readonly onConflict?: OnConflict
}

/** Writes instances under leases. It keeps no timer, so it serves functions that are frozen as well as servers. */
export interface Registrar {
  /** The client that it was made with. */
  readonly etcd: EtcdClient
  readonly format: InstanceFormat
  readonly ttlSeconds: number
  /**
   * Registers an instance under a lease of its own. With `previous`, one call says all: nothing is sent while more than
   * two thirds of the TTL are left and nothing has changed; else the lease is kept alive; a changed instance is one write
   * under the same lease; another TTL, or a lease that is gone, is a new lease. When it fails or is aborted, the lease that
   * it took is given back.
   *
   * A lease that is kept alive has its key looked at at least once a TTL and every 30 s, by the caller's clock: what has been
   * deleted or overwritten is put again. A key that another lease has taken meanwhile is left to it.
   *
   * @throws InvalidInstanceError for a wrong field, RangeError for `ttlSeconds` and `timeoutMs`, TypeError for `previous` and
   * `onConflict`, all before any call; InstanceConflictError with `onConflict: 'fail'`; what the client throws.
   */
  register(instance: InstanceInput, options?: RegisterOptions): Promise<Registration>
  /** One keep-alive. @throws LeaseNotFoundError when the lease is gone: register again. */
  renew(registration: Registration, options?: CallOptions): Promise<Registration>
  /**
   * Looks whether the key still holds our value under our lease, and puts it again when it does not; a keep-alive that
   * succeeds proves neither. Writes nothing when all is well.
   *
   * @throws InstanceConflictError when another lease holds the key; LeaseNotFoundError when ours is gone.
   */
  verify(registration: Registration, options?: CallOptions): Promise<Registration>
  /** The registration as etcd has it, whoever made it; undefined when there is none. */
  find(name: InstanceName, options?: CallOptions): Promise<Registration | undefined>
  /**
   * Revokes the lease, which removes what is ours and nothing else: a key that another process has taken since stays.
   * Safe to repeat.
   */
  deregister(registration: Registration, options?: CallOptions): Promise<void>
}

/** @throws RangeError when `ttlSeconds` is not an integer of 1 or more. */
export function createRegistrar(etcd: EtcdClient, options: RegistrarOptions = {}): Registrar {
  const format = options.format ?? native()
  const ttlSeconds = checkTtl(options.ttlSeconds ?? format.defaults.ttlSeconds)
  // The least that this cluster grants, once seen: asking for less again is not a change. A number, so that it may be
  // shared by all requests of an isolate.
  let leastTtlSeconds = 0

  const claim = async (input: InstanceInput, asked: number, options: RegisterOptions): Promise<Registration> => {
    const leaseId = randomLeaseId()
    const instance = completeInstance(input, format, leaseId)
    const renewedAt = Date.now()
    const owner = options.previous?.leaseId
    const claimed = await claimKey(etcd, format, instance, { ...options, leaseId, ttlSeconds: asked, owner })
    if (claimed.ttlSeconds > asked) leastTtlSeconds = claimed.ttlSeconds
    return { ...claimed, askedTtlSeconds: asked, renewedAt, lookedAt: renewedAt, instance }
  }

  const renew = async (registration: Registration, options?: CallOptions): Promise<Registration> => {
    const { leaseId } = checkRegistration(registration, 'registration')
    const renewedAt = Date.now()
    const lease = await etcd.lease.keepAliveOnce(leaseId, options)
    return { ...registration, ttlSeconds: lease.ttlSeconds, renewedAt }
  }

  /** Puts what changed under the lease that the key is under; undefined when the key is no longer there or not ours. */
  const rewrite = async (previous: Registration, instance: ServiceInstance, options: CallOptions) => {
    const put = await etcd.kv
      .txn()
      .if(compare.lease(previous.key, '=', previous.leaseId))
      .then(op.put(previous.key, format.encode(instance), { leaseId: previous.leaseId, allowEmpty: true }))
      .commit(options)
    return put.succeeded ? { ...previous, instance, revision: put.revision, lookedAt: Date.now() } : undefined
  }

  /** Looks at the key when it has not been looked at for long. Whoever has taken it since keeps it. */
  const look = async (renewed: Registration, options: RegisterOptions): Promise<Registration> => {
    const lookedAt = Date.now()
    const age = lookedAt - (renewed.lookedAt ?? 0)
    // A clock that went back knows nothing of that.
    if (age >= 0 && age < longestLookMs(renewed.ttlSeconds)) return renewed
    try {
      return { ...(await registrar.verify(renewed, options)), lookedAt }
    } catch (error) {
      if (error instanceof InstanceConflictError && options.onConflict !== 'fail') return { ...renewed, lookedAt }
      throw error
    }
  }

  const replace = async (previous: Registration, input: InstanceInput, asked: number, options: RegisterOptions) => {
    const registration = await claim(input, asked, options)
    await giveBack(previous, options)
    return registration
  }

  const giveBack = async (previous: Registration, options: CallOptions) => {
    if (previous.leaseId === '0' || previous.sharedLease) return
    await deregister(previous, options)
  }

  const deregister = async (registration: Registration, options?: CallOptions): Promise<void> => {
    const { key, leaseId, sharedLease } = checkRegistration(registration, 'registration')
    if (leaseId === '0' || sharedLease) {
      await etcd.kv
        .txn()
        .if(compare.lease(key, '=', leaseId))
        .then(op.delete(key))
        .commit(options)
      return
    }
    try {
      await etcd.lease.revoke(leaseId, options)
    } catch (error) {
      if (!(error instanceof LeaseNotFoundError)) throw error
    }
  }

  const registrar: Registrar = {
    etcd,
    format,
    ttlSeconds,
    renew,
    deregister,
    find: (name, options) => findRegistration(etcd, format, name, options),
    async register(input, options = {}) {
      const asked = checkTtl(options.ttlSeconds ?? ttlSeconds)
      const { previous, onConflict, timeoutMs } = options
      if (onConflict !== undefined) checkOnConflict(onConflict)
      if (timeoutMs !== undefined) checkMs(timeoutMs, 'timeoutMs')
      if (previous !== undefined) checkRegistration(previous, 'previous')
      if (previous === undefined) return claim(input, asked, options)
      const named = underItsName(input, previous, format)
      const instance = completeInstance(named, format, previous.leaseId)
      const value = format.encode(instance)
      const sameTtl = [previous.ttlSeconds, previous.askedTtlSeconds].includes(Math.max(asked, leastTtlSeconds))
      const sameKey = format.key(instance, previous.leaseId) === previous.key
      if (!sameTtl || !sameKey || previous.leaseId === '0') return replace(previous, named, asked, options)
      const unchanged = sameBytes(value, format.encode(previous.instance))
      const fresh = remainingMs(previous, Date.now()) > (previous.ttlSeconds * 1000 * 2) / 3
      if (unchanged && fresh) return previous
      try {
        const renewed = fresh ? previous : await renew(previous, options)
        const current = unchanged ? await look(renewed, options) : await rewrite(renewed, instance, options)
        return current ?? (await replace(previous, named, asked, options))
      } catch (error) {
        if (error instanceof LeaseNotFoundError) return claim(named, asked, options)
        throw error
      }
    },
    async verify(registration, options = {}) {
      const { key, leaseId, instance } = checkRegistration(registration, 'registration')
      const value = format.encode(instance)
      const seen = await etcd.kv.get(key, options)
      if (seen?.leaseId === leaseId && sameBytes(seen.valueBytes, value)) return registration
      if (seen !== undefined && seen.leaseId !== leaseId && seen.leaseId !== '0') throw conflict(key, seen.leaseId)
      const put = await etcd.kv
        .txn()
        .if(compare.modRevision(key, '=', seen?.modRevision ?? 0))
        .then(op.put(key, value, { leaseId, allowEmpty: true }), ...putMarkers(etcd, format, [instance]))
        .else(op.get(key))
        .commit(options)
      if (put.succeeded) return { ...registration, revision: put.revision }
      throw conflict(key, put.results[0].kvs[0]?.leaseId ?? '0')
    },
  }
  return registrar
}

export function checkTtl(ttlSeconds: number): number {
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1) {
    throw new RangeError(`ttlSeconds must be an integer of 1 or more, got ${ttlSeconds}`)
  }
  return ttlSeconds
}
