import type { WireRangeResponse } from '../http-client/wire.ts'
import type { KeyValue } from './key-index.ts'
import { keySpan } from './key-span.ts'
import type { RangeRequest } from './kv-request.ts'
import type { ReadView } from './mvcc-store.ts'
import { wireKeyValue } from './wire-text.ts'

type Order = (a: KeyValue, b: KeyValue) => number

const orders: readonly Order[] = [
  (a, b) => compareBytes(a.key, b.key),
  (a, b) => a.version - b.version,
  (a, b) => a.createRevision - b.createRevision,
  (a, b) => a.modRevision - b.modRevision,
  (a, b) => compareBytes(a.value, b.value),
]

/**
 * A range as `executeRange` of etcd's `server/etcdserver/txn/txn.go` answers it, without the header: `count` is the
 * whole span's, whatever the limit and the revision bounds leave of it.
 *
 * @throws RpcError `Compacted` or `FutureRev`.
 */
export function rangeQuery(view: ReadView, request: RangeRequest): Omit<WireRangeResponse, 'header'> {
  const found = view.range(keySpan(request.key, request.range_end), request.revision)
  const count = String(found.length)
  if (request.count_only) return { count }
  const sorted = sort(selectable(found, request).filter(isWithin(request)), request)
  const more = request.limit > 0 && sorted.length > request.limit
  const kvs = (more ? sorted.slice(0, request.limit) : sorted).map(wireKeyValue)
  return { kvs: request.keys_only ? kvs.map((kv) => ({ ...kv, value: '' })) : kvs, more, count }
}

export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** A limit without an order or bounds counts before a sort by target: etcd then reads one key more than the limit. */
function selectable(kvs: readonly KeyValue[], request: RangeRequest): readonly KeyValue[] {
  const readsAll = request.limit <= 0 || request.sort_order !== 0 || hasBounds(request)
  return readsAll ? kvs : kvs.slice(0, request.limit + 1)
}

function hasBounds(request: RangeRequest): boolean {
  const { min_mod_revision: minMod, max_mod_revision: maxMod } = request
  return [minMod, maxMod, request.min_create_revision, request.max_create_revision].some((bound) => bound !== 0)
}

function isWithin(request: RangeRequest): (kv: KeyValue) => boolean {
  const { min_mod_revision: minMod, max_mod_revision: maxMod } = request
  const { min_create_revision: minCreate, max_create_revision: maxCreate } = request
  return (kv) =>
    (maxMod === 0 || kv.modRevision <= maxMod) &&
    (minMod === 0 || kv.modRevision >= minMod) &&
    (maxCreate === 0 || kv.createRevision <= maxCreate) &&
    (minCreate === 0 || kv.createRevision >= minCreate)
}

/** A target without an order sorts ascending; an order that is none of the three leaves the keys in order. */
function sort(kvs: readonly KeyValue[], request: RangeRequest): readonly KeyValue[] {
  const order = orders[request.sort_target]
  if (order === undefined || ![0, 1, 2].includes(request.sort_order)) return kvs
  return request.sort_order === 2 ? kvs.toSorted((a, b) => order(b, a)) : kvs.toSorted(order)
}
