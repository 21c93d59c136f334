/**
 * The JSON that etcd's gRPC-gateway reads and writes, as it is on the wire: proto field names, 64-bit integers as decimal
 * strings, bytes as padded standard base64, and every zero value left out (proto3 JSON without unpopulated fields).
 *
 * Source: `api/etcdserverpb/rpc.proto` and `api/mvccpb/kv.proto` of etcd 3.4 to 3.7.
 */

/** A 64-bit integer: a decimal string when it comes from etcd; absent means 0. */
export type WireInt64 = string
/** Bytes as padded standard base64; absent means no bytes. */
export type WireBytes = string

export interface WireHeader {
  cluster_id?: WireInt64
  member_id?: WireInt64
  revision?: WireInt64
  raft_term?: WireInt64
}

export interface WireKeyValue {
  key?: WireBytes
  create_revision?: WireInt64
  mod_revision?: WireInt64
  version?: WireInt64
  value?: WireBytes
  lease?: WireInt64
}

export type WireSortOrder = 'NONE' | 'ASCEND' | 'DESCEND'
export type WireSortTarget = 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE'

export interface WireRangeRequest {
  key?: WireBytes
  range_end?: WireBytes
  limit?: WireInt64
  revision?: WireInt64
  sort_order?: WireSortOrder
  sort_target?: WireSortTarget
  serializable?: boolean
  keys_only?: boolean
  count_only?: boolean
  min_mod_revision?: WireInt64
  max_mod_revision?: WireInt64
  min_create_revision?: WireInt64
  max_create_revision?: WireInt64
}

export interface WireRangeResponse {
  header?: WireHeader
  kvs?: WireKeyValue[]
  more?: boolean
  count?: WireInt64
}

export interface WirePutRequest {
  key?: WireBytes
  value?: WireBytes
  lease?: WireInt64
  prev_kv?: boolean
  ignore_value?: boolean
  ignore_lease?: boolean
}

export interface WirePutResponse {
  header?: WireHeader
  prev_kv?: WireKeyValue
}

export interface WireDeleteRangeRequest {
  key?: WireBytes
  range_end?: WireBytes
  prev_kv?: boolean
}

export interface WireDeleteRangeResponse {
  header?: WireHeader
  deleted?: WireInt64
  prev_kvs?: WireKeyValue[]
}

export interface WireCompare {
  key?: WireBytes
  range_end?: WireBytes
  result?: 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL'
  target?: 'VERSION' | 'CREATE' | 'MOD' | 'VALUE' | 'LEASE'
  version?: WireInt64
  create_revision?: WireInt64
  mod_revision?: WireInt64
  value?: WireBytes
  lease?: WireInt64
}

export interface WireRequestOp {
  request_range?: WireRangeRequest
  request_put?: WirePutRequest
  request_delete_range?: WireDeleteRangeRequest
  request_txn?: WireTxnRequest
}

export interface WireResponseOp {
  response_range?: WireRangeResponse
  response_put?: WirePutResponse
  response_delete_range?: WireDeleteRangeResponse
  response_txn?: WireTxnResponse
}

export interface WireTxnRequest {
  compare?: WireCompare[]
  success?: WireRequestOp[]
  failure?: WireRequestOp[]
}

export interface WireTxnResponse {
  header?: WireHeader
  succeeded?: boolean
  responses?: WireResponseOp[]
}

export interface WireCompactionRequest {
  revision?: WireInt64
  physical?: boolean
}

export interface WireCompactionResponse {
  header?: WireHeader
}

export interface WireLeaseGrantRequest {
  TTL?: WireInt64
  ID?: WireInt64
}

export interface WireLeaseGrantResponse {
  header?: WireHeader
  ID?: WireInt64
  TTL?: WireInt64
  error?: string
}

export interface WireLeaseRevokeRequest {
  ID?: WireInt64
}

export interface WireLeaseRevokeResponse {
  header?: WireHeader
}

export interface WireLeaseKeepAliveRequest {
  ID?: WireInt64
}

/** One line of the keep-alive stream. An absent `TTL` means that the lease is gone (`v3rpc/lease.go` answers TTL 0). */
export interface WireLeaseKeepAliveResponse {
  header?: WireHeader
  ID?: WireInt64
  TTL?: WireInt64
}

export interface WireLeaseTimeToLiveRequest {
  ID?: WireInt64
  keys?: boolean
}

/** An absent `TTL` means less than a second left; `"-1"` means that the lease is gone. */
export interface WireLeaseTimeToLiveResponse {
  header?: WireHeader
  ID?: WireInt64
  TTL?: WireInt64
  grantedTTL?: WireInt64
  keys?: WireBytes[]
}

export interface WireLeaseLeasesResponse {
  header?: WireHeader
  leases?: { ID?: WireInt64 }[]
}

export interface WireWatchCreateRequest {
  key?: WireBytes
  range_end?: WireBytes
  start_revision?: WireInt64
  progress_notify?: boolean
  filters?: ('NOPUT' | 'NODELETE')[]
  prev_kv?: boolean
  watch_id?: WireInt64
  fragment?: boolean
}

export interface WireWatchRequest {
  create_request?: WireWatchCreateRequest
  cancel_request?: { watch_id?: WireInt64 }
  progress_request?: Record<string, never>
}

/** An absent `type` means PUT (enum zero). */
export interface WireEvent {
  type?: 'PUT' | 'DELETE'
  kv?: WireKeyValue
  prev_kv?: WireKeyValue
}

export interface WireWatchResponse {
  header?: WireHeader
  watch_id?: WireInt64
  created?: boolean
  canceled?: boolean
  compact_revision?: WireInt64
  cancel_reason?: string
  fragment?: boolean
  events?: WireEvent[]
}

/** One line of a streamed answer: a message, or the error that ends the stream. */
export interface WireStreamLine<Message> {
  result?: Message
  error?: WireStreamError
}

/** The gateway of etcd 3.4 and 3.5 writes `grpc_code`, `http_code` and `http_status`; that of 3.6 and later `code`. */
export interface WireStreamError {
  grpc_code?: number
  http_code?: number
  http_status?: string
  code?: number
  message?: string
}

/** etcd 3.4 and 3.5 add `error`, a copy of `message`; 3.6 and later leave it out. */
export interface WireUnaryError {
  error?: string
  code?: number
  message?: string
}
