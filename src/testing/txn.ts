import type { WireResponseOp, WireTxnResponse } from '../http-client/wire.ts'
import type { KeyValue } from './key-index.ts'
import { keySpan } from './key-span.ts'
import { checkLease, checkPrevious, deleteRange, put } from './kv-operation.ts'
import type { Compare, PutRequest, RequestOp, TxnRequest } from './kv-request.ts'
import type { LeaseBook } from './lease-book.ts'
import type { ReadView, WriteView } from './mvcc-store.ts'
import { compareBytes, rangeQuery } from './range-query.ts'
import { etcdError } from './rpc-error.ts'

/** A transaction whose compares are decided: the operations that will run, nested ones decided as well. */
export interface TxnPlan {
  readonly succeeded: boolean
  readonly steps: readonly (RequestOp | TxnPlan)[]
}

/** Decides all compares, nested ones included, on what the store holds before the first operation (`compareToPath`). */
export function planTxn(view: ReadView, request: TxnRequest): TxnPlan {
  const succeeded = request.compare.every((compare) => holds(view, compare))
  const ops = succeeded ? request.success : request.failure
  return { succeeded, steps: ops.map((op) => (op.request_txn ? planTxn(view, op.request_txn) : op)) }
}

/**
 * The checks of the operations that will run, so that none fails half-way (etcd: `checkTxn` of `txn.go`). Which error
 * wins differs: etcd up to 3.5 looks at the puts first, later ones take the operations as they come.
 */
export function checkPlan(view: ReadView, leases: LeaseBook, plan: TxnPlan, putsFirst: boolean): void {
  const ops = operations(plan)
  const puts = putsFirst ? ops.filter((op) => op.request_put) : []
  for (const op of [...puts, ...ops]) {
    if (op.request_put) checkPut(view, leases, op.request_put)
    else if (op.request_range) checkRevision(view, op.request_range.revision)
  }
}

function operations(plan: TxnPlan): RequestOp[] {
  return plan.steps.flatMap((step) => ('steps' in step ? operations(step) : [step]))
}

function checkPut(view: ReadView, leases: LeaseBook, request: PutRequest): void {
  checkPrevious(view, request)
  checkLease(leases, request)
}

/** Runs a checked plan: every operation sees the writes of those before it. The header is the caller's. */
export function runPlan(view: WriteView, plan: TxnPlan): Omit<WireTxnResponse, 'header'> {
  return { succeeded: plan.succeeded, responses: plan.steps.map((step) => runStep(view, step)) }
}

function runStep(view: WriteView, step: RequestOp | TxnPlan): WireResponseOp {
  if ('steps' in step) return { response_txn: { header: {}, ...runPlan(view, step) } }
  if (step.request_put) return { response_put: withHeader(view, put(view, step.request_put)) }
  if (step.request_delete_range) {
    return { response_delete_range: withHeader(view, deleteRange(view, step.request_delete_range)) }
  }
  return step.request_range ? { response_range: withHeader(view, rangeQuery(view, step.request_range)) } : {}
}

function withHeader<Answer extends object>(view: ReadView, answer: Answer): Answer & { header: { revision: string } } {
  return { header: { revision: String(view.revision) }, ...answer }
}

function checkRevision(view: ReadView, revision: number): void {
  if (revision > view.revision) throw etcdError('FutureRev')
  if (revision !== 0 && revision < view.compactedRevision) throw etcdError('Compacted')
}

function holds(view: ReadView, compare: Compare): boolean {
  const kvs = view.range(keySpan(compare.key, compare.range_end))
  if (kvs.length > 0) return kvs.every((kv) => satisfies(kv, compare))
  // A value cannot be compared with that of a key that is not there: false, even for NOT_EQUAL.
  return compare.target !== 3 && satisfies(undefined, compare)
}

function satisfies(kv: KeyValue | undefined, compare: Compare): boolean {
  const order = difference(kv, compare)
  switch (compare.result) {
    case 0:
      return order === 0
    case 1:
      return order > 0
    case 2:
      return order < 0
    case 3:
      return order !== 0
    default:
      return true
  }
}

function difference(kv: KeyValue | undefined, compare: Compare): number {
  switch (compare.target) {
    case 0:
      return (kv?.version ?? 0) - compare.version
    case 1:
      return (kv?.createRevision ?? 0) - compare.create_revision
    case 2:
      return (kv?.modRevision ?? 0) - compare.mod_revision
    case 3:
      return compareBytes(kv?.value ?? '', compare.value)
    case 4:
      return Number(BigInt(kv?.lease ?? 0) - BigInt(compare.lease))
    default:
      return 0
  }
}
