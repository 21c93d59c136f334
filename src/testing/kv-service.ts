import type {
  WireCompactionResponse,
  WireDeleteRangeResponse,
  WirePutResponse,
  WireRangeResponse,
  WireTxnResponse,
} from '../http-client/wire.ts'
import { type EtcdServer, header } from './etcd-server.ts'
import {
  checkDeleteRange,
  checkLease,
  checkPrevious,
  checkPut,
  checkRange,
  deleteRange as deleteFrom,
  put as putInto,
} from './kv-operation.ts'
import type { CompactionRequest, DeleteRangeRequest, PutRequest, RangeRequest, TxnRequest } from './kv-request.ts'
import { maxRequestBytes, messageSize } from './message-size.ts'
import { rangeQuery } from './range-query.ts'
import { etcdError } from './rpc-error.ts'
import { checkPlan, planTxn, runPlan } from './txn.ts'
import { checkOverlaps, checkTxn } from './txn-check.ts'

export function range(server: EtcdServer, request: RangeRequest): WireRangeResponse {
  checkRange(request, refusesUnknownSort(server))
  return { header: header(server), ...rangeQuery(server.store, request) }
}

export function put(server: EtcdServer, request: PutRequest): WirePutResponse {
  checkPut(request)
  checkProposalSize(request)
  checkLease(server.leases, request)
  checkPrevious(server.store, request)
  const answer = server.store.write((view) => putInto(view, request))
  return { header: header(server), ...answer }
}

export function deleteRange(server: EtcdServer, request: DeleteRangeRequest): WireDeleteRangeResponse {
  checkDeleteRange(request)
  const answer = server.store.write((view) => deleteFrom(view, request))
  return { header: header(server), ...answer }
}

export function txn(server: EtcdServer, request: TxnRequest): WireTxnResponse {
  checkTxn(request, refusesUnknownSort(server))
  checkOverlaps(request.success)
  checkOverlaps(request.failure)
  checkProposalSize(request)
  const plan = planTxn(server.store, request)
  checkPlan(server.store, server.leases, plan, server.dialect.name === 'v1')
  const answer = server.store.write((view) => runPlan(view, plan))
  return { header: header(server), ...answer }
}

export function compaction(server: EtcdServer, request: CompactionRequest): WireCompactionResponse {
  server.store.compact(request.revision)
  return { header: header(server) }
}

/** Since etcd 3.6; before, an order or target without a name left the keys in order. */
function refusesUnknownSort(server: EtcdServer): boolean {
  return server.dialect.name === 'v2'
}

function checkProposalSize(request: object): void {
  if (messageSize(request) > maxRequestBytes) throw etcdError('RequestTooLarge')
}
