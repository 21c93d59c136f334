import { InstanceConflictError } from '../errors.ts'
import { type CallOptions, compare, type EtcdClient, type KeyValue, op } from '../http-client/index.ts'
import type { InstanceFormat, ServiceInstance } from '../instance/index.ts'
import { putMarkers } from './put-markers.ts'

export type OnConflict = 'takeover' | 'fail'

export interface ClaimOptions extends CallOptions {
  /** The id of the lease to take. It is chosen before, for the instance may be named after it. */
  readonly leaseId: string
  readonly ttlSeconds: number
  readonly onConflict?: OnConflict | undefined
  /** A lease whose key may be replaced also with `onConflict: 'fail'`: our own, from before. */
  readonly owner?: string | undefined
}

export interface Claim {
  readonly key: string
  readonly leaseId: string
  readonly ttlSeconds: number
  readonly revision: number
}

/** How long giving a lease back may hold up the error that made it necessary. */
const giveBackMs = 1000

/**
 * One grant and one put, with what the format wants beside it. The lease's id is ours, so that whatever happens after the
 * grant was sent (no answer, an abort, a refused put) the lease can be revoked, and none is left behind.
 */
export async function claimKey(
  etcd: EtcdClient,
  format: InstanceFormat,
  instance: ServiceInstance,
  options: ClaimOptions,
): Promise<Claim> {
  const value = format.encode(instance)
  const { leaseId } = options
  const key = format.key(instance, leaseId)
  const guarded = options.onConflict === 'fail'
  // Looked at before the grant as well, so that waiting for a key to fall free costs reads only.
  const seen = guarded ? allowed(key, await etcd.kv.get(key, options), options.owner) : undefined
  options.signal?.throwIfAborted()
  try {
    const lease = await etcd.lease.grant(options.ttlSeconds, options)
    const put = await etcd.kv
      .txn()
      .if(...(guarded ? [compare.modRevision(key, '=', seen?.modRevision ?? 0)] : []))
      .then(op.put(key, value, { leaseId, allowEmpty: true }), ...putMarkers(etcd, format, [instance]))
      .else(op.get(key))
      .commit(options)
    if (put.succeeded) return { key, leaseId, ttlSeconds: lease.ttlSeconds, revision: put.revision }
    throw conflict(key, put.results[0].kvs[0]?.leaseId ?? '0')
  } catch (error) {
    await etcd.lease.revoke(leaseId, { timeoutMs: giveBackMs }).catch(() => {})
    throw error
  }
}

/** @throws TypeError for another word, which would otherwise be taken for `takeover`. */
export function checkOnConflict(onConflict: OnConflict): OnConflict {
  if (onConflict === 'takeover' || onConflict === 'fail') return onConflict
  throw new TypeError('onConflict must be "takeover" or "fail"')
}

function allowed(key: string, seen: KeyValue | undefined, owner: string | undefined): KeyValue | undefined {
  if (seen !== undefined && seen.leaseId !== owner) throw conflict(key, seen.leaseId)
  return seen
}

export function conflict(key: string, leaseId: string): InstanceConflictError {
  return new InstanceConflictError(key, leaseId, 'the key of this instance belongs to somebody else')
}
