import type { WireDeleteRangeResponse, WirePutResponse } from '../http-client/wire.ts'
import type { KeyValue } from './key-index.ts'
import { keySpan } from './key-span.ts'
import type { DeleteRangeRequest, PutRequest, RangeRequest } from './kv-request.ts'
import type { LeaseBook } from './lease-book.ts'
import type { ReadView, WriteView } from './mvcc-store.ts'
import { etcdError } from './rpc-error.ts'
import { wireKeyValue } from './wire-text.ts'

// What a call and an operation inside a transaction have in common: checks of the request alone (etcd:
// `server/etcdserver/api/v3rpc/key.go`), checks against the store, execution (`server/etcdserver/txn/txn.go`).

export function checkRange(request: RangeRequest, refusesUnknownSort: boolean): void {
  if (request.key === '') throw etcdError('EmptyKey')
  const isKnown = [0, 1, 2].includes(request.sort_order) && [0, 1, 2, 3, 4].includes(request.sort_target)
  if (refusesUnknownSort && !isKnown) throw etcdError('InvalidSortOption')
}

export function checkPut(request: PutRequest): void {
  if (request.key === '') throw etcdError('EmptyKey')
  if (request.ignore_value && request.value !== '') throw etcdError('ValueProvided')
  if (request.ignore_lease && request.lease !== '0') throw etcdError('LeaseProvided')
}

export function checkDeleteRange(request: DeleteRangeRequest): void {
  if (request.key === '') throw etcdError('EmptyKey')
}

/** @throws RpcError `KeyNotFound` when there is nothing to keep the value or the lease of. */
export function checkPrevious(view: ReadView, request: PutRequest): void {
  const isNeeded = request.ignore_value || request.ignore_lease
  if (isNeeded && current(view, request.key) === undefined) throw etcdError('KeyNotFound')
}

/** @throws RpcError `LeaseNotFound`. */
export function checkLease(leases: LeaseBook, request: PutRequest): void {
  if (request.lease !== '0' && !leases.has(request.lease)) throw etcdError('LeaseNotFound')
}

export function put(view: WriteView, request: PutRequest): Omit<WirePutResponse, 'header'> {
  const previous = current(view, request.key)
  const value = request.ignore_value ? previous?.value : request.value
  const lease = request.ignore_lease ? previous?.lease : request.lease
  view.put(request.key, value ?? '', lease ?? '0')
  return request.prev_kv && previous ? { prev_kv: wireKeyValue(previous) } : {}
}

export function deleteRange(view: WriteView, request: DeleteRangeRequest): Omit<WireDeleteRangeResponse, 'header'> {
  const deleted = view.delete(keySpan(request.key, request.range_end))
  const count = String(deleted.length)
  return request.prev_kv ? { deleted: count, prev_kvs: deleted.map(wireKeyValue) } : { deleted: count }
}

function current(view: ReadView, key: string): KeyValue | undefined {
  return view.range(keySpan(key, ''))[0]
}
