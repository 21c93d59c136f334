import * as calls from './calls.ts'
import type { Compare } from './compare.ts'
import type { Gateway, WriteOptions } from './gateway.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import type { Bytes, KeyRange } from './key-range.ts'
import {
  type DeleteOptions,
  type DeleteResult,
  type ListOptions,
  type ListResult,
  type PutOptions,
  type PutResult,
  type ReadOptions,
  readDelete,
  readList,
  readPut,
  wireDelete,
  wireGet,
  wireList,
  wirePut,
} from './operation.ts'
import type { WireRequestOp, WireResponseOp, WireTxnRequest, WireTxnResponse } from './wire.ts'

/** One operation of a transaction, and how its part of the answer reads. */
export interface Op<Result> {
  readonly wire: WireRequestOp
  readonly read: (answer: WireResponseOp) => Result
}

/** Operations of a transaction. They run in order, and later ones see what earlier ones wrote. */
export const op: {
  readonly get: (key: Bytes, options?: ReadOptions) => Op<ListResult>
  readonly list: (options: KeyRange & ListOptions) => Op<ListResult>
  readonly put: (key: Bytes, value: Bytes, options?: PutOptions) => Op<PutResult>
  readonly delete: (keys: Bytes | KeyRange, options?: DeleteOptions) => Op<DeleteResult>
} = {
  get: (key, options = {}) => ({ wire: { request_range: wireGet(key, options) }, read: readRangeOp }),
  list: (options) => ({ wire: { request_range: wireList(options, options) }, read: readRangeOp }),
  put: (key, value, options = {}) => ({
    wire: { request_put: wirePut(key, value, options) },
    read: (answer) => readPut(answer.response_put ?? {}),
  }),
  delete: (keys, options = {}) => ({
    wire: { request_delete_range: wireDelete(keys, options) },
    read: (answer) => readDelete(answer.response_delete_range ?? {}),
  }),
}

const readRangeOp = (answer: WireResponseOp) => readList(answer.response_range ?? {})

type Results<Ops extends readonly Op<unknown>[]> = {
  readonly [Index in keyof Ops]: Ops[Index] extends Op<infer Result> ? Result : never
}

/** Which branch ran, and the results of its operations, in their order. */
export type TxnResult<Then extends readonly Op<unknown>[], Else extends readonly Op<unknown>[]> = ResponseHeader &
  (
    | { readonly succeeded: true; readonly results: Results<Then> }
    | { readonly succeeded: false; readonly results: Results<Else> }
  )

/** A transaction in the making: `txn().if(…).then(…).else(…).commit()`. Each step gives a new one; none sends anything. */
export interface Txn<Then extends readonly Op<unknown>[], Else extends readonly Op<unknown>[]> {
  /** Conditions that must all hold for the `then` branch to run. */
  if(...compares: readonly Compare[]): Txn<Then, Else>
  then<const Ops extends readonly Op<unknown>[]>(...ops: Ops): Txn<Ops, Else>
  else<const Ops extends readonly Op<unknown>[]>(...ops: Ops): Txn<Then, Ops>
  /** This transaction as an operation of another one. Its conditions see the state before the outer one's operations. */
  nested(): Op<TxnResult<Then, Else>>
  /** Runs all of it as one revision, or nothing. Never repeated by itself: whether it ran is unknown after a timeout. */
  commit(options?: WriteOptions): Promise<TxnResult<Then, Else>>
}

interface Parts {
  readonly compares: readonly Compare[]
  readonly success: readonly Op<unknown>[]
  readonly failure: readonly Op<unknown>[]
}

export function createTxn(gateway: Gateway): Txn<[], []> {
  return buildTxn(gateway, { compares: [], success: [], failure: [] })
}

function buildTxn<Then extends readonly Op<unknown>[], Else extends readonly Op<unknown>[]>(
  gateway: Gateway,
  parts: Parts,
): Txn<Then, Else> {
  return {
    if: (...compares) => buildTxn(gateway, { ...parts, compares }),
    // biome-ignore lint/suspicious/noThenProperty: see Txn.then.
    then(...success) {
      // `await txn` calls then(resolve, reject); without this the await would never end.
      if (success.some((item) => typeof item === 'function')) {
        throw new TypeError('a transaction cannot be awaited: call commit()')
      }
      return buildTxn(gateway, { ...parts, success })
    },
    else: (...failure) => buildTxn(gateway, { ...parts, failure }),
    nested: () => ({
      wire: { request_txn: wireTxn(parts) },
      read: (answer) => readTxn(answer.response_txn ?? {}, parts) as TxnResult<Then, Else>,
    }),
    async commit(options) {
      const answer = await gateway.call<WireTxnResponse>(calls.txn, wireTxn(parts), options)
      return readTxn(answer, parts) as TxnResult<Then, Else>
    },
  }
}

function wireTxn({ compares, success, failure }: Parts): WireTxnRequest {
  // Without any operation etcd takes it for a serializable read and answers from what the one member has: a read in either
  // branch makes it linearizable (`IsTxnSerializable`, server/etcdserver/txn/txn.go).
  const [first] = compares
  const only = first !== undefined && success.length + failure.length === 0
  const read = only ? [{ request_range: { key: first.wire.key ?? '', count_only: true } }] : []
  return {
    compare: compares.map(({ wire }) => wire),
    success: [...success.map(({ wire }) => wire), ...read],
    failure: [...failure.map(({ wire }) => wire), ...read],
  }
}

function readTxn(answer: WireTxnResponse, { success, failure }: Parts) {
  const succeeded = answer.succeeded ?? false
  const results = (succeeded ? success : failure).map((item, index) => item.read(answer.responses?.[index] ?? {}))
  return { succeeded, results, ...readHeader(answer.header) }
}
