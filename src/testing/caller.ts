import type { Caller } from './auth-book.ts'
import type { EtcdServer } from './etcd-server.ts'
import { RpcError } from './rpc-error.ts'

/**
 * Who sends these headers. The token is the whole header, in newer etcds also behind `Bearer`.
 *
 * @throws RpcError `InvalidAuthToken`.
 */
export function callerOf({ auth }: EtcdServer, headers: Headers): Caller {
  const token =
    headers.get('grpc-metadata-token') ?? headers.get('grpc-metadata-authorization') ?? headers.get('authorization')
  return auth.caller(token?.replace(/^Bearer /i, ''))
}

/** Who sends them, or the error that the token is. */
export function tokenOutcome(server: EtcdServer, headers: Headers): Caller | RpcError {
  try {
    return callerOf(server, headers)
  } catch (error) {
    if (error instanceof RpcError) return error
    throw error
  }
}
