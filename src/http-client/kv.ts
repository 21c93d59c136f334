import * as calls from './calls.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway, WriteOptions } from './gateway.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import { writeInt64 } from './int64.ts'
import type { Bytes, KeyRange } from './key-range.ts'
import { createKeyValue, type KeyValue } from './key-value.ts'
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
import { listPages, type PagesOptions } from './pages.ts'
import { createTxn, type Txn } from './txn.ts'
import type { WireCompactionResponse, WireDeleteRangeResponse, WirePutResponse, WireRangeResponse } from './wire.ts'

/**
 * Keys and values. An empty key is a `TypeError` with `code: 'NO_KEY'`, thrown before any call. Reads are linearizable
 * unless `serializable` is set.
 */
export interface Kv {
  /** One key, or undefined when it does not exist. */
  get(key: Bytes, options?: ReadOptions & CallOptions): Promise<KeyValue | undefined>
  /** The keys of a range in key order, with the revision of the answer: watch from `revision + 1` to miss nothing. */
  list(options: KeyRange & ListOptions & CallOptions): Promise<ListResult>
  /**
   * The keys of a range, page by page, all as of one revision: that of the first page, unless one is given. The pages are
   * asked for as they are read, and none beyond what is read.
   * @throws CompactedError when the revision is compacted between two pages: start over.
   */
  pages(options: KeyRange & PagesOptions & CallOptions): AsyncGenerator<ListResult, void>
  /** @throws TypeError with `code: 'NO_VALUE'` for an empty value, unless `allowEmpty` is set. */
  put(key: Bytes, value: Bytes, options?: PutOptions & WriteOptions): Promise<PutResult>
  /** Deletes a key, or all keys of a range. Deleting nothing is no error. */
  delete(keys: Bytes | KeyRange, options?: DeleteOptions & WriteOptions): Promise<DeleteResult>
  /** Several operations in one revision, under conditions. */
  txn(): Txn<[], []>
  /** Forgets the history before `revision`: reads and watches of older revisions are refused from then on. */
  compact(revision: number, options?: CallOptions): Promise<ResponseHeader>
}

export function createKv(gateway: Gateway): Kv {
  return {
    async get(key, options = {}) {
      const answer = await gateway.call<WireRangeResponse>(calls.range, wireGet(key, options), options)
      const kv = answer.kvs?.[0]
      return kv === undefined ? undefined : createKeyValue(kv)
    },
    async list(options) {
      return readList(await gateway.call<WireRangeResponse>(calls.range, wireList(options, options), options))
    },
    pages: (options) => listPages(gateway, options),
    async put(key, value, options = {}) {
      return readPut(await gateway.call<WirePutResponse>(calls.put, wirePut(key, value, options), options))
    },
    async delete(keys, options = {}) {
      const body = wireDelete(keys, options)
      return readDelete(await gateway.call<WireDeleteRangeResponse>(calls.deleteRange, body, options))
    },
    txn: () => createTxn(gateway),
    async compact(revision, options) {
      const body = { revision: writeInt64(revision, 'revision') }
      return readHeader((await gateway.call<WireCompactionResponse>(calls.compact, body, options)).header)
    },
  }
}
