import { CompactedError } from '../errors.ts'
import {
  type Bytes,
  type CallOptions,
  type EtcdClient,
  type KeyRange,
  type KeyValue,
  type ListResult,
  op,
  prefixEnd,
  type ResponseHeader,
} from '../http-client/index.ts'
import { type InstanceFormat, rangesOf } from '../instance/index.ts'

/** etcd's `--max-txn-ops` is 128 by default. */
const rangesPerTxn = 128
/** A compaction between two requests is rare; one between all of them is a fault. */
const maxAttempts = 3

/** `timeoutMs` is for each request. */
export interface ListManyOptions extends CallOptions {
  /** The most records that one answer may bring, shared evenly by the ranges that it is for. @default 20000 */
  readonly recordsPerRequest?: number
}

/** All services as of `revision`. */
export interface ServiceListing extends ResponseHeader {
  /** One for each name that was asked for, in that order. */
  readonly services: readonly ServiceRecords[]
}

export interface ServiceRecords {
  readonly service: string
  /** In key order; the service's own key, where the format has one, last. */
  readonly kvs: readonly KeyValue[]
}

/**
 * The records of several services, their own keys included where the format has such, all as of one revision: a
 * transaction for 128 ranges (a range for each service, and one for its own key), a plain list for one. What comes after
 * the first request is read at the first one's revision: more ranges, and what did not fit into an answer. When that
 * revision is compacted in between, it starts over.
 *
 * @throws TypeError without a name; InvalidInstanceError for a name that could leave its directory, before any call;
 * CompactedError when starting over did not help; what a call throws.
 */
export async function listMany(
  etcd: EtcdClient,
  format: InstanceFormat,
  services: readonly string[],
  options: ListManyOptions = {},
): Promise<ServiceListing> {
  if (services.length === 0) throw new TypeError('services must hold at least one name')
  for (let attempt = 1; ; attempt++) {
    const asked = services.map((service) => ({ service, lists: rangesOf(format, service).map(unread) }))
    try {
      const lists = asked.flatMap((each) => each.lists)
      const { revision, clusterId } = await readLists(etcd, lists, options)
      const records = asked.map((each) => ({ service: each.service, kvs: each.lists.flatMap(({ kvs }) => kvs) }))
      return { revision, clusterId, services: records }
    } catch (error) {
      if (!(error instanceof CompactedError) || attempt === maxAttempts) throw error
    }
  }
}

type BoundedRange = Exclude<KeyRange, { readonly fromKey: Bytes }>

interface RangeList {
  readonly kvs: KeyValue[]
  /** What is still to be read. */
  rest: BoundedRange
}

const unread = (rest: BoundedRange): RangeList => ({ kvs: [], rest })

/** Reads all of them to their ends. @returns where: the header of the first answer. */
async function readLists(
  etcd: EtcdClient,
  lists: readonly RangeList[],
  { recordsPerRequest = 20_000, signal, timeoutMs }: ListManyOptions,
): Promise<ResponseHeader> {
  let pending = lists
  let first: ResponseHeader | undefined
  while (first === undefined || pending.length > 0) {
    const batch = pending.slice(0, rangesPerTxn)
    const limit = Math.max(1, Math.floor(recordsPerRequest / batch.length))
    const page = { limit, ...(first === undefined ? {} : { revision: first.revision }) }
    const reads = batch.map(({ rest }) => ({ ...rest, ...page }))
    const answer = await readTogether(etcd, reads, { signal, timeoutMs })
    // Later headers hold the store's newest revision; what was read is the first one's state.
    first ??= answer
    const unfinished = batch.filter((list, index) => take(list, answer.results[index]))
    pending = [...unfinished, ...pending.slice(batch.length)]
  }
  return first
}

type Read = Parameters<EtcdClient['kv']['list']>[0]

async function readTogether(etcd: EtcdClient, reads: readonly Read[], options: CallOptions) {
  const [only] = reads
  if (only !== undefined && reads.length === 1) {
    const result = await etcd.kv.list({ ...only, ...options })
    return { results: [result], revision: result.revision, clusterId: result.clusterId }
  }
  // Nothing is written, so it may be repeated as any read.
  const ops = reads.map((read) => op.list(read))
  return etcd.kv
    .txn()
    .then(...ops)
    .commit({ ...options, idempotent: true })
}

/** Whether there is more to read. */
function take(list: RangeList, result: ListResult | undefined): boolean {
  for (const kv of result?.kvs ?? []) list.kvs.push(kv)
  const last = result?.kvs.at(-1)
  if (!result?.more || last === undefined) return false
  const rangeEnd = 'prefix' in list.rest ? prefixEnd(list.rest.prefix) : list.rest.rangeEnd
  list.rest = { key: keyAfter(last), rangeEnd }
  return true
}

/** One zero byte longer is the next possible key. */
function keyAfter({ keyBytes }: KeyValue): Uint8Array {
  const after = new Uint8Array(keyBytes.length + 1)
  after.set(keyBytes)
  return after
}
