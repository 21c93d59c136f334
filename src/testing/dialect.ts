import { type HttpAnswer, json, plainText } from './http-answer.ts'
import type { RpcError } from './rpc-error.ts'

export type DialectName = 'v1' | 'v2'

/** What the two generations of etcd's gateway do differently: v1 is etcd 3.4 and 3.5, v2 is 3.6 and later. */
export interface Dialect {
  readonly name: DialectName
  readonly etcdVersion: string
  /** The body of `GET /version`. */
  readonly versions: Readonly<Record<string, string>>
  /** What `maintenance/status` has beyond the fields of all versions. */
  readonly status: object
  readonly notFound: HttpAnswer
  readonly methodNotAllowed: HttpAnswer
  unaryError(error: RpcError): HttpAnswer
  /** An error of a streaming call: the whole answer before the first message, else its last line. */
  streamError(error: RpcError): HttpAnswer
}

const v1: Dialect = {
  name: 'v1',
  etcdVersion: '3.5.33',
  versions: { etcdserver: '3.5.33', etcdcluster: '3.5.0' },
  status: {},
  notFound: plainText(404, 'Not Found\n'),
  methodNotAllowed: plainText(405, 'Method Not Allowed\n'),
  unaryError: ({ code, message }) => json(httpStatus(code)[0], { error: message, code, message }),
  streamError({ code, message }) {
    const [status, phrase] = httpStatus(code)
    const error = { grpc_code: code, http_code: status, message, http_status: phrase }
    return json(status, { error })
  },
}

const v2: Dialect = {
  name: 'v2',
  etcdVersion: '3.6.14',
  versions: { etcdserver: '3.6.14', etcdcluster: '3.6.0', storage: '3.6.0' },
  status: { storageVersion: '3.6.0', dbSizeQuota: '2147483648', downgradeInfo: {} },
  notFound: json(404, { code: 5, message: 'Not Found' }),
  methodNotAllowed: json(501, { code: 12, message: 'Method Not Allowed' }),
  unaryError: ({ code, message }) => json(httpStatus(code)[0], { code, message }),
  streamError({ code, message }) {
    const answer = json(httpStatus(code)[0], { error: { code, message } })
    return { ...answer, body: `${answer.body}\n` }
  },
}

export const dialects: Readonly<Record<DialectName, Dialect>> = { v1, v2 }

/** The codes that the simulator can give, as `runtime.HTTPStatusFromCode` of both gateways maps them. */
function httpStatus(code: number): [status: number, phrase: string] {
  switch (code) {
    case 3:
    case 9:
    case 11:
      return [400, 'Bad Request']
    case 4:
      return [504, 'Gateway Timeout']
    case 5:
      return [404, 'Not Found']
    case 7:
      return [403, 'Forbidden']
    case 8:
      return [429, 'Too Many Requests']
    case 14:
      return [503, 'Service Unavailable']
    case 16:
      return [401, 'Unauthorized']
    default:
      return [500, 'Internal Server Error']
  }
}
