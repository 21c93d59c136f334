import type { Caller } from './auth-book.ts'
import type { EtcdServer } from './etcd-server.ts'
import { keySpan } from './key-span.ts'
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from './kv-request.ts'
import type { LeaseRequest, LeaseTimeToLiveRequest } from './lease-request.ts'
import type { LockRequest, UnlockRequest } from './lock-service.ts'
import { RpcError } from './rpc-error.ts'

/** @throws RpcError when the caller may not make this request (etcd: `server/etcdserver/apply/apply_auth.go`). */
export type Permission<Request> = (server: EtcdServer, caller: Caller, request: Request) => void

export const mayRange: Permission<RangeRequest> = ({ auth }, caller, { key, range_end }) => {
  // A request without a key is refused for that.
  if (key !== '') auth.permit(caller, 'read', keySpan(key, range_end))
}

export const mayPut: Permission<PutRequest> = (server, caller, { key, lease, prev_kv }) => {
  if (key === '') return
  const span = keySpan(key, '')
  server.auth.permit(caller, 'write', span)
  if (prev_kv) server.auth.permit(caller, 'read', span)
  mayChangeLease(server, caller, { ID: lease })
}

export const mayDeleteRange: Permission<DeleteRangeRequest> = ({ auth }, caller, { key, range_end, prev_kv }) => {
  if (key === '') return
  auth.permit(caller, 'write', keySpan(key, range_end))
  if (prev_kv) auth.permit(caller, 'read', keySpan(key, range_end))
}

/** Whatever the comparisons come to: all of both branches. */
export const mayTxn: Permission<TxnRequest> = (server, caller, { compare, success, failure }) => {
  for (const { key, range_end } of compare) server.auth.permit(caller, 'read', keySpan(key, range_end))
  for (const op of [...success, ...failure]) mayOperate(server, caller, op)
}

const mayOperate: Permission<RequestOp> = (server, caller, op) => {
  if (op.request_range) mayRange(server, caller, op.request_range)
  else if (op.request_put) mayPut(server, caller, op.request_put)
  else if (op.request_delete_range) mayDeleteRange(server, caller, op.request_delete_range)
  else if (op.request_txn) mayTxn(server, caller, op.request_txn)
}

/** Its end deletes its keys, and a key that is put under it goes when they go. */
export const mayChangeLease: Permission<LeaseRequest> = ({ auth, leases }, caller, { ID }) => {
  for (const key of leases.get(ID)?.keys ?? []) auth.permit(caller, 'write', keySpan(key, ''))
}

export const mayLookAtLease: Permission<LeaseTimeToLiveRequest> = ({ auth, leases }, caller, { ID, keys }) => {
  if (!keys) return
  for (const key of leases.get(ID)?.keys ?? []) auth.permit(caller, 'read', keySpan(key, ''))
}

export const mayListLeases: Permission<object> = ({ auth, leases }, caller) => {
  for (const { keys } of leases.list()) for (const key of keys) auth.permit(caller, 'read', keySpan(key, ''))
}

export const mayLock: Permission<LockRequest> = ({ auth }, caller, { name }) =>
  asUnknown(() => {
    const queue = keySpan(`${name}/`, `${name}0`)
    auth.permit(caller, 'write', queue)
    auth.permit(caller, 'read', queue)
  })

export const mayUnlock: Permission<UnlockRequest> = ({ auth }, caller, { key }) =>
  asUnknown(() => auth.permit(caller, 'write', keySpan(key, '')))

export const anyUser: Permission<object> = ({ auth }, caller) => auth.permitUser(caller)
export const admin: Permission<object> = ({ auth }, caller) => auth.permitAdmin(caller)

/** Inside of the lock service every error loses its code. */
function asUnknown(check: () => void): void {
  try {
    check()
  } catch (error) {
    throw error instanceof RpcError ? new RpcError(2, error.message) : error
  }
}
