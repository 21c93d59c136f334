import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './free-port.ts'
import type { NetworkFault } from './network-fault.ts'
import { openTcpLink, type TcpLink } from './tcp-link.ts'

/** Stands between a client and a server, on a port of its own, and breaks what lies between them. */
export interface TcpProxy extends AsyncDisposable {
  readonly url: string
  /** Resets every connection and refuses new ones: nothing is reachable through here until `restore`. */
  cut(): Promise<void>
  /** Accepts connections again, on the same port, and takes the fault away. */
  restore(): Promise<void>
  /**
   * Breaks the connections there are and those that are made, until `restore`.
   * @param only Of connections whose client has begun with a text that this accepts.
   */
  setFault(fault: NetworkFault, only?: (opening: string) => boolean): void
  /** Connections that are open now. */
  connections(): number
}

/** @param target The server, for example `http://127.0.0.1:2379`. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port: targetPort } = new URL(target)
  const links = new Set<TcpLink>()
  let faultOf: (link: TcpLink) => NetworkFault | undefined = () => undefined
  const apply = (link: TcpLink) => link.setFault(faultOf(link))
  const accept = (client: Socket) => {
    const link = openTcpLink(client, connect(Number(targetPort), hostname), apply)
    links.add(link)
    void link.closed.then(() => links.delete(link))
    apply(link)
  }
  const port = await freePort()
  let server = await listen(port, accept)

  const cut = async () => {
    const closed = server.listening ? once(server, 'close') : undefined
    server.close()
    for (const link of links) link.reset()
    await closed
  }
  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    async restore() {
      faultOf = () => undefined
      for (const link of links) apply(link)
      if (!server.listening) server = await listen(port, accept)
    },
    setFault(fault, only = () => true) {
      faultOf = (link) => (only(link.opening()) ? fault : undefined)
      for (const link of links) apply(link)
    },
    connections: () => links.size,
    [Symbol.asyncDispose]: cut,
  }
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
