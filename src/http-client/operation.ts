import { noValueError } from '../errors.ts'
import { encodeBase64 } from './base64.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import { readInt64, writeInt64 } from './int64.ts'
import { type Bytes, type KeyRange, wireKey, wireRange } from './key-range.ts'
import { createKeyValue, createKeyValues, type KeyValue } from './key-value.ts'
import { checkLeaseId, type LeaseId } from './lease-id.ts'
import type {
  WireDeleteRangeRequest,
  WireDeleteRangeResponse,
  WirePutRequest,
  WirePutResponse,
  WireRangeRequest,
  WireRangeResponse,
} from './wire.ts'

export interface ReadOptions {
  /** Read the keys as they were at this revision. @default the current one */
  readonly revision?: number
  /** Read what the asked member has, without asking the others: fast, works without a quorum, may be stale. @default false */
  readonly serializable?: boolean
}

export interface ListOptions extends ReadOptions {
  /** At most so many keys; `more` tells whether there are others. @default all */
  readonly limit?: number
  readonly sortBy?: 'key' | 'version' | 'createRevision' | 'modRevision' | 'value'
  readonly order?: 'ascend' | 'descend'
  /** Leave the values out. etcd 3.7 leaves out the lease as well. @default false */
  readonly keysOnly?: boolean
  /** Only `count`, no keys. @default false */
  readonly countOnly?: boolean
}

export interface ListResult extends ResponseHeader {
  readonly kvs: readonly KeyValue[]
  /** All keys in the range, whatever the limit. */
  readonly count: number
  readonly more: boolean
}

export interface PutOptions {
  /** Put the key under this lease. @default none: a lease that held the key lets it go */
  readonly leaseId?: LeaseId
  /** Answer with what the key held before. @default false */
  readonly prevKv?: boolean
  /** Accept an empty value, which is refused otherwise (`NO_VALUE`). @default false */
  readonly allowEmpty?: boolean
}

export interface PutResult extends ResponseHeader {
  /** What the key held before, when it was asked for and there was something. */
  readonly prevKv?: KeyValue
}

export interface DeleteOptions {
  /** Answer with what was deleted. @default false */
  readonly prevKv?: boolean
}

export interface DeleteResult extends ResponseHeader {
  readonly deleted: number
  readonly prevKvs: readonly KeyValue[]
}

const targets = {
  key: 'KEY',
  version: 'VERSION',
  createRevision: 'CREATE',
  modRevision: 'MOD',
  value: 'VALUE',
} as const
const orders = { ascend: 'ASCEND', descend: 'DESCEND' } as const

export function wireGet(key: Bytes, options: ReadOptions): WireRangeRequest {
  return { key: wireKey(key), ...wireRead(options) }
}

export function wireList(range: KeyRange, options: ListOptions): WireRangeRequest {
  return {
    ...wireRange(range),
    ...wireRead(options),
    ...(options.limit === undefined ? {} : { limit: writeInt64(options.limit, 'limit') }),
    ...(options.sortBy === undefined ? {} : { sort_target: known(targets, options.sortBy, 'sortBy') }),
    ...(options.order === undefined ? {} : { sort_order: known(orders, options.order, 'order') }),
    ...(options.keysOnly ? { keys_only: true } : {}),
    ...(options.countOnly ? { count_only: true } : {}),
  }
}

export function wireRead({ revision, serializable }: ReadOptions): WireRangeRequest {
  return {
    ...(revision === undefined ? {} : { revision: writeInt64(revision, 'revision') }),
    ...(serializable ? { serializable: true } : {}),
  }
}

// Gateways from etcd 3.6 on take an enum name they do not know for the default, without a word.
function known<Names extends Record<string, string>>(names: Names, name: keyof Names & string, option: string) {
  const value = names[name]
  if (value === undefined) throw new TypeError(`${option} must be one of ${Object.keys(names).join(', ')}`)
  return value as Names[keyof Names]
}

export function wirePut(key: Bytes, value: Bytes, options: PutOptions): WirePutRequest {
  const checked = wireKey(key)
  if (value.length === 0 && !options.allowEmpty) throw noValueError('value')
  return {
    key: checked,
    value: encodeBase64(value),
    ...(options.leaseId === undefined ? {} : { lease: checkLeaseId(options.leaseId) }),
    ...(options.prevKv ? { prev_kv: true } : {}),
  }
}

export function wireDelete(keys: Bytes | KeyRange, options: DeleteOptions): WireDeleteRangeRequest {
  const range = typeof keys === 'string' || keys instanceof Uint8Array ? { key: wireKey(keys) } : wireRange(keys)
  return { ...range, ...(options.prevKv ? { prev_kv: true } : {}) }
}

export function readList(answer: WireRangeResponse): ListResult {
  return {
    kvs: createKeyValues(answer.kvs),
    count: readInt64(answer.count, 'count'),
    more: answer.more ?? false,
    ...readHeader(answer.header),
  }
}

export function readPut(answer: WirePutResponse): PutResult {
  return {
    ...(answer.prev_kv === undefined ? {} : { prevKv: createKeyValue(answer.prev_kv) }),
    ...readHeader(answer.header),
  }
}

export function readDelete(answer: WireDeleteRangeResponse): DeleteResult {
  return {
    deleted: readInt64(answer.deleted, 'deleted'),
    prevKvs: createKeyValues(answer.prev_kvs),
    ...readHeader(answer.header),
  }
}
