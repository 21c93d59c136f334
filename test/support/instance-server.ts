import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What an instance does with a request. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, body: string) => void

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** What came of the body until it ended, or broke off. */
  readonly body: string
}

/** A real HTTP server that stands for one instance of a service. */
export interface InstanceServer extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string
  /** In the order in which they have been read to their end. */
  readonly requests: ReceivedRequest[]
  /** From now on; the requests under way keep theirs. */
  behave(behaviour: Behaviour): void
  /** Requests that are neither answered to the end nor broken off. */
  busy(): number
  /** Connections that are open. */
  connections(): number
  /** Breaks every connection with a reset, and refuses new ones from now on. */
  kill(): Promise<void>
}

/** Says what it was asked, in JSON, and which one it is. Browsers may read it. */
export const echo: Behaviour = ({ method, url, headers, socket }, response, body) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ port: socket.localPort, method, path: url, headers, body }))
}

export const busyFor =
  (retryAfter?: string): Behaviour =>
  (_, response) => {
    response.writeHead(503, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('busy')
  }

/** Takes the request, and never says a word. */
export const silent: Behaviour = () => {}

/** Breaks the connection without a word. */
export const breaks: Behaviour = ({ socket }) => void socket.destroy()

/** Begins an answer, and breaks the connection in the middle of it. */
export const breaksInBody: Behaviour = ({ socket }, response) => {
  response.writeHead(200, { 'content-length': '100' })
  response.write('the first part', () => socket.destroy())
}

export async function startInstanceServer(behaviour: Behaviour = echo): Promise<InstanceServer> {
  let behave = behaviour
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  let busy = 0
  const server = createServer((request, response) => {
    const act = behave
    let body = ''
    busy += 1
    response.on('close', () => {
      busy -= 1
    })
    // For pages: they may call, and read everything.
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', '*')
    response.setHeader('access-control-allow-methods', '*')
    response.setHeader('access-control-expose-headers', '*')
    if (request.method === 'OPTIONS') return void response.end()
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('error', () => {})
    request.on('close', () => {
      if (!request.complete) note()
    })
    request.on('end', () => {
      note()
      act(request, response, body)
    })
    const note = () => {
      const { method = '', url = '', headers } = request
      requests.push({ method, path: url, headers, body })
    }
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const kill = async () => {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.resetAndDestroy()
    await once(server, 'close')
  }
  return {
    address: `127.0.0.1:${port}`,
    requests,
    behave(next) {
      behave = next
    },
    busy: () => busy,
    connections: () => sockets.size,
    kill,
    [Symbol.asyncDispose]: kill,
  }
}
