import { createSecureContext } from 'node:tls'
import type { Agent, Connector } from 'undici'
import { UnavailableError } from '../errors.ts'
import { Exchange } from './node-exchange.ts'
import { readTlsFailure } from './tls-failure.ts'
import { type TlsFetch, type TlsFetchInit, withClose } from './tls-fetch.ts'
import { readTlsOptions, type TlsFetchOptions, type TlsOptions } from './tls-options.ts'

/** Longer than the beat of a registration with the usual TTL, shorter than proxies keep connections open. */
const keepAliveMs = 30_000

/**
 * A `fetch` over undici's `dispatch` and a pool of connections that are kept open: it trusts an authority of one's own,
 * shows a client certificate, leaves idle streams alone (Node's own ends them after 300 s) and costs less than Node's.
 * Without options and for `http:` URLs it is just that: the lean one. It does not follow redirects.
 *
 * The package `undici` 7 has to be installed; it is looked for at the first call.
 *
 * @throws TypeError that names the option; also for a key that is not the certificate's.
 */
export function tlsFetch(options?: TlsFetchOptions): TlsFetch {
  const tls = readTlsOptions(options)
  const secureContext = contextOf(tls)
  const refusals = createRefusals()
  let opening: Promise<Agent> | undefined
  let isOpen = true

  const open = async (): Promise<Agent> => {
    const { Agent, buildConnector } = await loadUndici()
    const connect = buildConnector({
      secureContext,
      ...(tls.servername === undefined ? {} : { servername: tls.servername }),
      // Said, because otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 would switch verification off.
      rejectUnauthorized: true,
    })
    return new Agent({
      connect: refusals.note(connect),
      keepAliveTimeout: keepAliveMs,
      // The client has deadlines of its own, and a watch may be silent for as long as nothing changes.
      bodyTimeout: 0,
      headersTimeout: 0,
    })
  }
  const send = async (input: string | URL, init: TlsFetchInit = {}): Promise<Response> => {
    if (!isOpen) throw new TypeError('fetch failed: tlsFetch is closed')
    const { method = 'GET', headers, body, signal } = init
    signal?.throwIfAborted()
    const url = typeof input === 'string' ? new URL(input) : input
    const { origin } = url
    opening ??= open()
    const agent = await opening
    const attempt = { origin, certified: tls.client !== undefined }
    const exchange = new Exchange(signal, (failure) => readTlsFailure(refusals.behind(failure), attempt))
    agent.dispatch({ origin, path: url.pathname + url.search, method, headers, body }, exchange)
    return await exchange.response
  }
  return withClose(send, async () => {
    isOpen = false
    await opening?.then(
      (agent) => agent.destroy(),
      () => {},
    )
  })
}

function contextOf({ ca, client }: TlsOptions): object {
  try {
    return createSecureContext({ ...(ca === undefined ? {} : { ca }), ...client })
  } catch (cause) {
    throw new TypeError(`ca, cert or key: ${(cause as Error).message}`, { cause })
  }
}

async function loadUndici(): Promise<typeof import('undici')> {
  try {
    return await import('undici')
  } catch (cause) {
    throw new UnavailableError('etcd-edge/tls needs the package undici on Node: npm install undici@7', {
      cause,
      retryable: false,
      notExecuted: true,
    })
  }
}

/**
 * A server refuses a client's certificate after the handshake, from the client's point of view: undici reports that the
 * other side has closed, and the alert that says why went to the socket.
 */
function createRefusals() {
  let last: { readonly port: number | undefined; readonly alert: Error } | undefined
  return {
    note: (connect: Connector): Connector => {
      return (options, connected) =>
        connect(options, (error, socket) => {
          socket?.once('error', (alert) => {
            last = { port: socket.localPort, alert }
          })
          connected(error, socket)
        })
    },
    behind(failure: unknown): unknown {
      const { socket } = Object(failure) as { socket?: { localPort?: number } }
      return socket?.localPort !== undefined && socket.localPort === last?.port ? last.alert : failure
    },
  }
}
