import type { Call } from './call.ts'
import type { EtcdServer } from './etcd-server.ts'
import { grpcTimeoutMs } from './grpc-timeout.ts'
import { emptyResponse, type HttpAnswer, json, plainText, rpcResponse, toResponse } from './http-answer.ts'
import { JsonReader } from './json-value.ts'
import { type Route, routes, type StreamRoute, type UnaryRoute } from './routes.ts'
import { RpcError } from './rpc-error.ts'
import { streamResponse } from './stream-response.ts'
import { wireText } from './wire-text.ts'

export type OpenCall = (timeoutMs: number | undefined) => Call

/**
 * Answers as etcd's client port does: CORS preflights, `/version`, `/health`, the gateway below `/v3/` and `/v3beta/`,
 * and Go's 404 for everything else (etcd: `server/embed/serve.go`, `server/etcdserver/api/etcdhttp`).
 */
export async function answer(server: EtcdServer, request: Request, openCall: OpenCall): Promise<Response> {
  if (request.method === 'OPTIONS') return emptyResponse()
  const { pathname } = new URL(request.url)
  const [, path] = /^\/v3(?:beta)?\/(.*)$/.exec(pathname) ?? []
  if (path === undefined) return toResponse(plainAnswer(server, pathname, request.method))
  const route = routes.get(path)
  if (!route) return toResponse(server.dialect.notFound)
  if (request.method !== 'POST') return toResponse(server.dialect.methodNotAllowed)
  return await answerRpc(server, route, request, openCall)
}

function plainAnswer(server: EtcdServer, path: string, method: string): HttpAnswer {
  const pages = new Map([
    ['/version', json(200, server.dialect.versions)],
    ['/health', plainText(200, '{"health":"true","reason":""}')],
  ])
  const page = pages.get(path) ?? plainText(404, '404 page not found\n')
  return pages.has(path) && method !== 'GET' ? plainText(405, 'Method Not Allowed\n') : page
}

async function answerRpc(server: EtcdServer, route: Route, request: Request, openCall: OpenCall): Promise<Response> {
  const asked = { body: new JsonReader(await request.text()), headers: request.headers }
  try {
    const call = openCall(grpcTimeoutMs(request.headers.get('Grpc-Timeout')))
    return await (route.streams ? answerStream(server, route, asked, call) : answerUnary(server, route, asked, call))
  } catch (error) {
    if (error instanceof RpcError) return toResponse(server.dialect.unaryError(error))
    throw error
  }
}

interface Asked {
  readonly body: JsonReader
  readonly headers: Headers
}

async function answerUnary(
  server: EtcdServer,
  route: UnaryRoute,
  { body, headers }: Asked,
  call: Call,
): Promise<Response> {
  try {
    return rpcResponse(wireText(await route.answer(server, body, headers, call.signal)))
  } catch (error) {
    throw error instanceof SyntaxError ? new RpcError(3, error.message) : error
  } finally {
    call.end()
  }
}

async function answerStream(
  server: EtcdServer,
  route: StreamRoute,
  { body, headers }: Asked,
  call: Call,
): Promise<Response> {
  try {
    return await streamResponse(route.open(server, body, headers), call, server.dialect)
  } catch (error) {
    call.end()
    if (error instanceof RpcError) return toResponse(server.dialect.streamError(error))
    throw error instanceof SyntaxError ? new RpcError(2, error.message) : error
  }
}
