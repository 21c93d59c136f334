import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createEtcdSimulator, type EtcdSimulator } from '../src/testing/index.ts'

export interface SimulatorServerOptions {
  /** 0 is any free port. */
  readonly port: number
  /** Default: `127.0.0.1`. */
  readonly host?: string
  /** Default: `v2`. */
  readonly dialect?: 'v1' | 'v2'
}

export interface SimulatorServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly simulator: EtcdSimulator
  /** Ends as a killed etcd: connections are cut. */
  close(): Promise<void>
}

/**
 * Serves an etcd simulator over HTTP. A client that hangs up ends its call, so its watchers are gone.
 *
 * @throws the system's error, with `code` `EADDRINUSE` when the port is taken.
 */
export async function serveSimulator(options: SimulatorServerOptions): Promise<SimulatorServer> {
  const { port, host = '127.0.0.1', dialect = 'v2' } = options
  const simulator = createEtcdSimulator({ dialect })
  const server = createServer((request, response) => {
    pass(simulator, request, response).catch(() => response.destroy())
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  const close = () => closeServer(server, simulator)
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    port: address.port,
    simulator,
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function pass(simulator: EtcdSimulator, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hangUp = new AbortController()
  response.on('close', () => hangUp.abort())
  const body = await text(request)
  const { method = 'GET' } = request
  const answer = await simulator.fetch(new URL(request.url ?? '/', 'http://etcd.invalid'), {
    method,
    headers: headersOf(request),
    ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
    signal: hangUp.signal,
  })
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (answer.body) await pipeline(answer.body, response)
  else response.end()
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  return headers
}

async function closeServer(server: Server, simulator: EtcdSimulator): Promise<void> {
  simulator.close()
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
