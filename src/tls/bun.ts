import { readTlsFailure } from './tls-failure.ts'
import { type TlsFetch, withClose } from './tls-fetch.ts'
import { readTlsOptions, type TlsFetchOptions } from './tls-options.ts'

interface BunRequestInit extends RequestInit {
  readonly tls: {
    readonly ca?: readonly string[]
    readonly cert?: string
    readonly key?: string
    readonly serverName?: string
    readonly rejectUnauthorized: true
  }
  readonly timeout: false
}

/**
 * A `fetch` that shows a client certificate and trusts an authority of one's own, by the `tls` option of Bun's `fetch`.
 *
 * @throws TypeError that names the option.
 */
export function tlsFetch(options?: TlsFetchOptions): TlsFetch {
  const { ca, client, servername } = readTlsOptions(options)
  const tls: BunRequestInit['tls'] = {
    ...(ca === undefined ? {} : { ca }),
    ...client,
    ...(servername === undefined ? {} : { serverName: servername }),
    // Said, because otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 would switch verification off.
    rejectUnauthorized: true,
  }
  const closing = new AbortController()
  return withClose(
    async (input, init) => {
      if (closing.signal.aborted) throw closing.signal.reason
      const signal = init?.signal ? AbortSignal.any([init.signal, closing.signal]) : closing.signal
      // Bun ends a body that is silent for 6 minutes unless told not to; a watch may be.
      const request: BunRequestInit = { ...init, signal, tls, timeout: false }
      try {
        return await fetch(input, request)
      } catch (failure) {
        throw readTlsFailure(failure, { origin: new URL(input).origin, certified: client !== undefined })
      }
    },
    async () => closing.abort(new TypeError('fetch failed: tlsFetch is closed')),
  )
}
