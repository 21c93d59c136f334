import {
  AuthError,
  CompactedError,
  DeadlineError,
  type EtcdError,
  LeaseNotFoundError,
  ProtocolError,
  RpcError,
  UnavailableError,
} from '../errors.ts'

export interface AnswerContext {
  /** Which call, for the message: its path below the API prefix. */
  readonly call: string
  readonly endpoint: string
  readonly status?: number
}

interface GatewayError {
  readonly code: number
  readonly message: string
}

/**
 * Turns an answer that is not a success into an error. Knows both generations of the gateway (etcd up to 3.5 and from 3.6),
 * the error object of a stream, and everything that is not the gateway's at all. Decides by message first (stable across
 * versions), then by gRPC code; never by HTTP status, which differs between gateways for one and the same code.
 */
export function errorFromAnswer(text: string, context: AnswerContext): EtcdError {
  const error = readGatewayError(parseJson(text))
  return error === undefined ? notTheGateway(text, context) : errorFromGateway(error, context)
}

/** The error object of a stream line: `{"error":{…}}` of either generation. */
export function errorFromStreamLine(error: unknown, context: AnswerContext): EtcdError {
  const read = readGatewayError({ error }) ?? { code: 2, message: 'an error without a message' }
  return errorFromGateway(read, context)
}

/** The text of a watch's `cancel_reason`, which may be an RPC error written out; undefined when it is none. */
export function errorFromCancelReason(reason: string, context: AnswerContext): EtcdError | undefined {
  const match = /^rpc error: code = (\w+) desc = /.exec(reason)
  const code = grpcCodes[match?.[1] ?? '']
  return code === undefined ? undefined : errorFromGateway({ code, message: reason }, context)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Up to 3.5: {"error":"text","code":5,"message":"text"}; from 3.6: {"code":5,"message":"text"}; in a stream the same under
// "error", where up to 3.5 the code is named "grpc_code".
function readGatewayError(json: unknown): GatewayError | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const { error } = json as { error?: unknown }
  const source = (typeof error === 'object' && error !== null ? error : json) as Record<string, unknown>
  const code = source.code ?? source.grpc_code
  const message = source.message ?? source.error
  if (typeof code !== 'number' || code === 0) return undefined
  return { code, message: typeof message === 'string' ? message : '' }
}

const grpcCodes: Readonly<Record<string, number>> = {
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
}

const auth =
  /invalid auth token|user name is empty|revision of auth store is old|permission denied|authentication failed|invalid user ID or password/
// Said before anything was proposed. "no leader" is, too, when the call asked for one by metadata; as the answer of a call
// that waited for one it is not, and then it reads "request timed out".
const refused = /too many requests|not capable|not supported for learner|etcdserver: no leader/
// "too many requests" leaves etcd as Unknown (v3rpc/util.go maps it to a client-side error type); it was not executed.
const busy = /too many requests/
// Another member, or this one a moment later, can.
const elsewhere = /not capable|not supported for learner/

function errorFromGateway({ code, message }: GatewayError, context: AnswerContext): EtcdError {
  const text = message.replace(/^rpc error: code = \w+ desc = /, '') || `gRPC code ${code}`
  const said = `${context.call}: ${text}`
  const options = { endpoint: context.endpoint, notExecuted: refused.test(text) }
  if (code === 16 || code === 7 || auth.test(text)) return new AuthError(said, code, options)
  if (/requested lease not found/.test(text)) return new LeaseNotFoundError(said, options)
  if (/required revision has been compacted/.test(text)) return new CompactedError(said, options)
  // Canceled is the gateway's own word: its connection to its etcd is closing, because etcd ends. It is never the caller's
  // abort, whose answer nobody reads.
  if (code === 14 || code === 1) return new UnavailableError(said, options)
  if (code === 4 || /context deadline exceeded/.test(text)) return new DeadlineError(said, options)
  const retryable = busy.test(text) || elsewhere.test(text) || code === 13
  return new RpcError(said, code, { ...options, retryable })
}

function notTheGateway(text: string, { call, endpoint, status }: AnswerContext): ProtocolError {
  const printable = text.replace(/[^\x20-\x7e]+/g, ' ').trim()
  const start = printable.length > 200 ? `${printable.slice(0, 200)}…` : printable
  const http = status === undefined ? 'a line that is not JSON' : `HTTP ${status}`
  const hint = status === undefined ? '' : hintFor(status, text)
  return new ProtocolError(`${call}: not an answer of etcd's JSON gateway: ${http}, "${start}"${hint}`, {
    endpoint,
    ...(status === undefined ? {} : { status }),
    retryable: status === undefined || status === 429 || (status >= 500 && status !== 501),
  })
}

// What etcd and its gateway answer in plain text (server/embed/serve.go).
function hintFor(status: number, text: string): string {
  if (status === 421) return ' (is this host in etcd\'s "--host-whitelist"?)'
  if (status === 404) return ' (is "--enable-grpc-gateway" on, and is the API prefix "/v3" right?)'
  if (/CommonName/.test(text))
    return ' (a client certificate with a CommonName cannot pass the gateway while auth is on)'
  return ''
}
