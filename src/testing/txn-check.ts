import { type KeySpan, keySpan, spanHas } from './key-span.ts'
import { checkDeleteRange, checkPut, checkRange } from './kv-operation.ts'
import type { RequestOp, TxnRequest } from './kv-request.ts'
import { etcdError } from './rpc-error.ts'

/** etcd's `--max-txn-ops`. */
export const maxTxnOps = 128

/**
 * The checks of a transaction that need no store (etcd: `checkTxnRequest` of `server/etcdserver/api/v3rpc/key.go`).
 * A nested transaction has what the outer one leaves of `opsLeft`.
 */
export function checkTxn(request: TxnRequest, refusesUnknownSort: boolean, opsLeft: number = maxTxnOps): void {
  const ops = Math.max(request.compare.length, request.success.length, request.failure.length)
  if (ops > opsLeft) throw etcdError('TooManyOps')
  if (request.compare.some((compare) => compare.key === '')) throw etcdError('EmptyKey')
  for (const op of [...request.success, ...request.failure]) checkOp(op, refusesUnknownSort, opsLeft - ops)
}

function checkOp(op: RequestOp, refusesUnknownSort: boolean, opsLeft: number): void {
  if (op.request_range) checkRange(op.request_range, refusesUnknownSort)
  else if (op.request_put) checkPut(op.request_put)
  else if (op.request_delete_range) checkDeleteRange(op.request_delete_range)
  else if (op.request_txn) checkTxn(op.request_txn, refusesUnknownSort, opsLeft)
  else throw etcdError('KeyNotFound')
}

interface Written {
  readonly puts: Set<string>
  readonly deletes: KeySpan[]
}

/**
 * Refuses a branch that puts a key twice or puts a key that it deletes; the two branches of a nested transaction may
 * put the same key, because only one of them runs (etcd: `checkIntervals`).
 *
 * @throws RpcError `DuplicateKey`.
 */
export function checkOverlaps(ops: readonly RequestOp[]): Written {
  const written: Written = { puts: new Set(), deletes: [] }
  for (const { request_delete_range: range } of ops) {
    if (range) written.deletes.push(literalSpan(range.key, range.range_end))
  }
  for (const { request_txn: txn } of ops) {
    if (txn) addNested(written, checkOverlaps(txn.success), checkOverlaps(txn.failure))
  }
  for (const { request_put: put } of ops) {
    if (put) addPut(written, put.key)
  }
  return written
}

/** etcd reads the end `"\0"` literally here, so that it misses the puts in a deletion without an upper end. */
function literalSpan(key: string, rangeEnd: string): KeySpan {
  return rangeEnd === '\0' ? { from: key, to: rangeEnd } : keySpan(key, rangeEnd)
}

function addNested(written: Written, success: Written, failure: Written): void {
  for (const key of success.puts) addPut(written, key)
  for (const key of failure.puts) {
    if (!success.puts.has(key)) addPut(written, key)
  }
  written.deletes.push(...success.deletes, ...failure.deletes)
}

function addPut(written: Written, key: string): void {
  const isDeleted = written.deletes.some((span) => spanHas(span, key))
  if (isDeleted || written.puts.has(key)) throw etcdError('DuplicateKey')
  written.puts.add(key)
}
