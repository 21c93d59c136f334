import type { WireBytes, WireHeader } from '../http-client/wire.ts'
import { type EtcdServer, header } from './etcd-server.ts'
import { keySpan } from './key-span.ts'
import { bytes, type Field, id, message } from './message-field.ts'
import { RpcError } from './rpc-error.ts'

export interface LockRequest {
  readonly name: string
  readonly lease: string
}

export interface UnlockRequest {
  readonly key: string
}

export const lockRequest: Field<LockRequest | null> = message<LockRequest>({ name: bytes, lease: id })
export const unlockRequest: Field<UnlockRequest | null> = message<UnlockRequest>({ key: bytes })

/** What a lock without a lease gets (`concurrency.NewSession`). */
const sessionTtl = 60

/**
 * Waits in the queue of a lock, as `client/v3/concurrency/mutex.go` does: the key `<name>/<lease in hex>`, whose
 * creation revision is the place in the queue. A call that ends while it waits leaves the queue.
 *
 * @throws RpcError with code 2, whatever went wrong; and the signal's reason.
 */
export async function lock(
  server: EtcdServer,
  request: LockRequest,
  signal: AbortSignal,
): Promise<{ header: WireHeader; key: WireBytes }> {
  const lease = request.lease === '0' ? server.leases.grant('0', sessionTtl).id : request.lease
  if (!server.leases.has(lease)) throw new RpcError(2, 'etcdserver: requested lease not found')
  const key = `${request.name}/${BigInt(lease).toString(16)}`
  const place = enqueue(server, key, lease)
  try {
    await until(server, () => !server.store.range(queue(request.name)).some((kv) => kv.createRevision < place), signal)
  } catch (reason) {
    unlock(server, { key })
    throw reason
  }
  if (server.store.range(keySpan(key, '')).length === 0) throw new RpcError(2, 'mutex: session is expired')
  return { header: header(server), key: btoa(key) }
}

/** Deletes the key, whether it is a lock's or not. @throws RpcError with code 2 when there is no key. */
export function unlock(server: EtcdServer, request: UnlockRequest): { header: WireHeader } {
  if (request.key === '') throw new RpcError(2, 'etcdserver: key is not provided')
  server.store.write((view) => view.delete(keySpan(request.key, '')))
  return { header: header(server) }
}

function enqueue(server: EtcdServer, key: string, lease: string): number {
  const [mine] = server.store.range(keySpan(key, ''))
  if (mine) return mine.createRevision
  server.store.write((view) => view.put(key, '', lease))
  return server.store.revision
}

function queue(name: string): ReturnType<typeof keySpan> {
  return keySpan(`${name}/`, `${name}0`)
}

/** Looks at `isDone` now and after every commit. */
function until(server: EtcdServer, isDone: () => boolean, signal: AbortSignal): Promise<void> {
  if (isDone()) return Promise.resolve()
  return new Promise<void>((resolve, reject) => {
    const unsubscribe = server.store.onCommit(() => isDone() && settle(resolve))
    const onAbort = () => settle(() => reject(signal.reason))
    const settle = (outcome: () => void) => {
      unsubscribe()
      signal.removeEventListener('abort', onAbort)
      outcome()
    }
    signal.addEventListener('abort', onAbort)
  })
}
