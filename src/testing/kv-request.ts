import { bool, bytes, enumeration, type Field, id, int64, lazily, message, repeated } from './message-field.ts'

// Requests as the services see them: every field there, bytes as strings of one character per byte, enums as numbers.

export interface RangeRequest {
  readonly key: string
  readonly range_end: string
  readonly limit: number
  readonly revision: number
  readonly sort_order: number
  readonly sort_target: number
  readonly serializable: boolean
  readonly keys_only: boolean
  readonly count_only: boolean
  readonly min_mod_revision: number
  readonly max_mod_revision: number
  readonly min_create_revision: number
  readonly max_create_revision: number
}

export interface PutRequest {
  readonly key: string
  readonly value: string
  readonly lease: string
  readonly prev_kv: boolean
  readonly ignore_value: boolean
  readonly ignore_lease: boolean
}

export interface DeleteRangeRequest {
  readonly key: string
  readonly range_end: string
  readonly prev_kv: boolean
}

export interface Compare {
  readonly key: string
  readonly range_end: string
  readonly result: number
  readonly target: number
  readonly version: number
  readonly create_revision: number
  readonly mod_revision: number
  readonly value: string
  readonly lease: string
}

export interface RequestOp {
  readonly request_range: RangeRequest | null
  readonly request_put: PutRequest | null
  readonly request_delete_range: DeleteRangeRequest | null
  readonly request_txn: TxnRequest | null
}

export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly RequestOp[]
  readonly failure: readonly RequestOp[]
}

export interface CompactionRequest {
  readonly revision: number
  readonly physical: boolean
}

export const rangeRequest: Field<RangeRequest | null> = message<RangeRequest>({
  key: bytes,
  range_end: bytes,
  limit: int64,
  revision: int64,
  sort_order: enumeration(['NONE', 'ASCEND', 'DESCEND']),
  sort_target: enumeration(['KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE']),
  serializable: bool,
  keys_only: bool,
  count_only: bool,
  min_mod_revision: int64,
  max_mod_revision: int64,
  min_create_revision: int64,
  max_create_revision: int64,
})

export const putRequest: Field<PutRequest | null> = message<PutRequest>({
  key: bytes,
  value: bytes,
  lease: id,
  prev_kv: bool,
  ignore_value: bool,
  ignore_lease: bool,
})

export const deleteRangeRequest: Field<DeleteRangeRequest | null> = message<DeleteRangeRequest>({
  key: bytes,
  range_end: bytes,
  prev_kv: bool,
})

const compare = message<Compare>(
  {
    key: bytes,
    range_end: bytes,
    result: enumeration(['EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL']),
    target: enumeration(['VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE']),
    version: int64,
    create_revision: int64,
    mod_revision: int64,
    value: bytes,
    lease: id,
  },
  ['version', 'create_revision', 'mod_revision', 'value', 'lease'],
)

const requestOp = message<RequestOp>(
  {
    request_range: rangeRequest,
    request_put: putRequest,
    request_delete_range: deleteRangeRequest,
    request_txn: lazily(() => txnRequest),
  },
  ['request_range', 'request_put', 'request_delete_range', 'request_txn'],
)

export const txnRequest: Field<TxnRequest | null> = message<TxnRequest>({
  compare: repeated(compare),
  success: repeated(requestOp),
  failure: repeated(requestOp),
})

export const compactionRequest: Field<CompactionRequest | null> = message<CompactionRequest>({
  revision: int64,
  physical: bool,
})
