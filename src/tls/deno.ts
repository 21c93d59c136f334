import { readTlsFailure } from './tls-failure.ts'
import { type TlsFetch, withClose } from './tls-fetch.ts'
import { readTlsOptions, type TlsFetchOptions } from './tls-options.ts'

interface DenoHttpClient {
  close(): void
}

interface DenoHttpClientOptions {
  readonly caCerts?: readonly string[]
  readonly cert?: string
  readonly key?: string
  readonly http2?: boolean
}

declare const Deno: { createHttpClient(options: DenoHttpClientOptions): DenoHttpClient }

/**
 * A `fetch` that shows a client certificate and trusts an authority of one's own, by `Deno.createHttpClient`.
 *
 * @throws TypeError that names the option: also for `servername`, which Deno does not have.
 */
export function tlsFetch(options?: TlsFetchOptions): TlsFetch {
  const { ca, client: shown, servername } = readTlsOptions(options)
  if (servername !== undefined) {
    throw new TypeError('servername: Deno verifies the host of the URL; use a name that the certificate has')
  }
  // HTTP/2 would report a refused certificate as a broken pipe, now and then.
  const client = Deno.createHttpClient({ ...(ca === undefined ? {} : { caCerts: ca }), ...shown, http2: false })
  let isOpen = true
  return withClose(
    async (input, init) => {
      if (!isOpen) throw new TypeError('fetch failed: tlsFetch is closed')
      try {
        return await fetch(input, { ...init, client } as RequestInit)
      } catch (failure) {
        throw readTlsFailure(failure, { origin: new URL(input).origin, certified: shown !== undefined })
      }
    },
    async () => {
      if (isOpen) client.close()
      isOpen = false
    },
  )
}
