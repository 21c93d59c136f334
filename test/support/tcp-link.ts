import type { Socket } from 'node:net'
import type { NetworkFault } from './network-fault.ts'
import { TcpValve } from './tcp-valve.ts'

/** One connection of a client, and the one to the server that carries it on. */
export interface TcpLink {
  readonly closed: Promise<unknown>
  /** The first bytes that the client has sent, as text; empty until then. */
  opening(): string
  /** Undefined is none. */
  setFault(fault: NetworkFault | undefined): void
  /** Both sides are told that the connection is gone, with a TCP reset. */
  reset(): void
}

/** @param onOpening Called when the first bytes of the client are there, before they are passed on. */
export function openTcpLink(client: Socket, server: Socket, onOpening: (link: TcpLink) => void): TcpLink {
  let opening = ''
  let stalled = false
  const reset = () => {
    client.resetAndDestroy()
    server.resetAndDestroy()
  }
  // The bytes that are allowed have to leave before the reset does: it would overtake them.
  const cut = () => setTimeout(reset, 20)
  const toServer = new TcpValve(() => {})
  const toClient = new TcpValve(cut)

  const setFault = (fault: NetworkFault | undefined) => {
    const wasStalled = stalled
    stalled = fault?.kind === 'stall'
    if (fault?.kind === 'reset') reset()
    if (fault?.kind === 'half-close') {
      toClient.unpipe(client)
      toClient.resume()
      client.end()
    }
    toServer.set(fault?.kind === 'cut' ? undefined : fault)
    toClient.set(fault)
    // One that has hung up meanwhile: the other one hears of it now.
    if (wasStalled && !stalled && (client.destroyed || server.destroyed)) reset()
  }
  const link = { opening: () => opening, setFault, reset, closed: Promise.all([ended(client), ended(server)]) }

  client.once('data', (chunk) => {
    opening = String(chunk)
    onOpening(link)
  })
  for (const [from, valve, to] of [
    [client, toServer, server],
    [server, toClient, client],
  ] as const) {
    from.setNoDelay()
    from.pipe(valve).pipe(to)
    // Whatever ends one side ends the other; why is for the two ends to find out.
    from.on('error', () => stalled || reset())
    from.on('close', () => stalled || to.destroy())
  }
  return link
}

const ended = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))
