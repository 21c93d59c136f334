import type { Call } from './calls.ts'
import * as calls from './calls.ts'
import type { Gateway } from './gateway.ts'
import type { StreamLimits } from './json-stream.ts'
import { type Bytes, prefixEnd } from './key-range.ts'
import type {
  WireCompare,
  WireEvent,
  WireKeyValue,
  WireRequestOp,
  WireResponseOp,
  WireTxnRequest,
  WireTxnResponse,
  WireWatchResponse,
} from './wire.ts'

/** Puts keys under a prefix on their way to etcd, and takes it off on their way back. */
export interface KeyMapping {
  /** A request, or the part of one, that has `key` and perhaps `range_end`. */
  request<Part extends Keyed>(part: Part): Part
  keyValue(kv: WireKeyValue): WireKeyValue
  /** Whether a key of etcd, in base64, is under the prefix. */
  holds(key: string): boolean
  watchResponse(message: WireWatchResponse): WireWatchResponse
}

interface Keyed {
  key?: string
  range_end?: string
}

const zero = '\0'

/** The mapping of clientv3's `namespace` package (`client/v3/namespace/util.go`). */
export function createKeyMapping(prefix: Bytes): KeyMapping {
  const start = binary(prefix)
  const end = String.fromCharCode(...prefixEnd(prefix))
  const request = <Part extends Keyed>(part: Part): Part => {
    const key = atob(part.key ?? '')
    const mapped = { ...part, key: btoa(start + (key === zero && part.range_end !== undefined ? '' : key)) }
    if (part.range_end === undefined) return mapped
    const rangeEnd = atob(part.range_end)
    return { ...mapped, range_end: btoa(rangeEnd === zero ? end : start + rangeEnd) }
  }
  const keyValue = (kv: WireKeyValue): WireKeyValue => ({ ...kv, key: btoa(atob(kv.key ?? '').slice(start.length)) })
  const event = ({ kv, prev_kv, ...rest }: WireEvent): WireEvent => ({
    ...rest,
    ...(kv === undefined ? {} : { kv: keyValue(kv) }),
    ...(prev_kv === undefined ? {} : { prev_kv: keyValue(prev_kv) }),
  })
  return {
    request,
    keyValue,
    holds: (key) => atob(key).startsWith(start),
    watchResponse: (message) =>
      message.events === undefined ? message : { ...message, events: message.events.map(event) },
  }
}

function binary(prefix: Bytes): string {
  const bytes = typeof prefix === 'string' ? new TextEncoder().encode(prefix) : prefix
  return String.fromCharCode(...bytes)
}

/** A gateway whose keys all live under the prefix. Leases and everything that has no keys are those of the whole etcd. */
export function namespaceGateway(gateway: Gateway, mapping: KeyMapping): Gateway {
  return {
    login: gateway.login,
    async call<Answer>(call: Call, body: object, options = {}): Promise<Answer> {
      return unmapAnswer(
        await gateway.call<Answer & object>(call, mapBody(call, body, mapping), options),
        mapping,
        call,
      )
    },
    async *stream<Message extends object>(call: Call, body: object, limits: StreamLimits, signal?: AbortSignal) {
      for await (const message of gateway.stream<Message>(call, mapBody(call, body, mapping), limits, signal)) {
        yield unmapAnswer(message, mapping, call)
      }
    },
  }
}

const keyed: ReadonlySet<Call> = new Set([calls.range, calls.put, calls.deleteRange, calls.unlock])
/** Locks and elections keep their keys below their name. */
const named: ReadonlySet<Call> = new Set([calls.lock, calls.campaign, calls.leader, calls.observe])

function mapBody(call: Call, body: object, mapping: KeyMapping): object {
  if (keyed.has(call)) return mapping.request(body)
  if (call === calls.txn) return mapTxn(body, mapping)
  if (!named.has(call)) return body
  const { key: name } = mapping.request({ key: (body as { name?: string }).name ?? '' })
  return { ...body, name }
}

function mapTxn(body: WireTxnRequest, mapping: KeyMapping): WireTxnRequest {
  const ops = (list: readonly WireRequestOp[] | undefined) => (list ?? []).map((op) => mapOp(op, mapping))
  return {
    compare: (body.compare ?? []).map((compare: WireCompare) => mapping.request(compare)),
    success: ops(body.success),
    failure: ops(body.failure),
  }
}

function mapOp(op: WireRequestOp, mapping: KeyMapping): WireRequestOp {
  if (op.request_range) return { request_range: mapping.request(op.request_range) }
  if (op.request_put) return { request_put: mapping.request(op.request_put) }
  if (op.request_delete_range) return { request_delete_range: mapping.request(op.request_delete_range) }
  return { request_txn: mapTxn(op.request_txn ?? {}, mapping) }
}

/** The fields that hold keys, in whichever answer they are. */
interface Answered {
  key?: string
  keys?: string[]
  kv?: WireKeyValue
  kvs?: WireKeyValue[]
  prev_kv?: WireKeyValue
  prev_kvs?: WireKeyValue[]
  responses?: WireResponseOp[]
}

function unmapAnswer<Answer extends object>(answer: Answer, mapping: KeyMapping, call?: Call): Answer {
  const { key, keys, kv, kvs, prev_kv, prev_kvs, responses } = answer as Answered
  return {
    ...answer,
    ...(call === calls.lock && key !== undefined ? { key: mapping.keyValue({ key }).key } : {}),
    // A lease may hold keys of other namespaces.
    ...(keys === undefined
      ? {}
      : { keys: keys.filter(mapping.holds).map((held) => mapping.keyValue({ key: held }).key) }),
    ...(kv === undefined ? {} : { kv: mapping.keyValue(kv) }),
    ...(kvs === undefined ? {} : { kvs: kvs.map(mapping.keyValue) }),
    ...(prev_kv === undefined ? {} : { prev_kv: mapping.keyValue(prev_kv) }),
    ...(prev_kvs === undefined ? {} : { prev_kvs: prev_kvs.map(mapping.keyValue) }),
    ...(responses === undefined ? {} : { responses: responses.map((response) => unmapOp(response, mapping)) }),
  }
}

function unmapOp(op: WireResponseOp, mapping: KeyMapping): WireResponseOp {
  const txn = (answer: WireTxnResponse): WireTxnResponse => unmapAnswer(answer, mapping)
  return {
    ...(op.response_range && { response_range: unmapAnswer(op.response_range, mapping) }),
    ...(op.response_put && { response_put: unmapAnswer(op.response_put, mapping) }),
    ...(op.response_delete_range && { response_delete_range: unmapAnswer(op.response_delete_range, mapping) }),
    ...(op.response_txn && { response_txn: txn(op.response_txn) }),
  }
}
