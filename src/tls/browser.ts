import type { TlsFetch } from './tls-fetch.ts'
import type { TlsFetchOptions } from './tls-options.ts'

/**
 * Not here: certificates are the browser's, not the page's. Install them there; the client's default `fetch` uses them.
 *
 * @throws TypeError that says so, always.
 */
export function tlsFetch(_options?: TlsFetchOptions): TlsFetch {
  throw new TypeError(
    'tlsFetch does not work in browsers: install the certificates in the browser, and leave out fetch',
  )
}
