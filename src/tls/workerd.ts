import type { TlsFetch } from './tls-fetch.ts'
import type { TlsFetchOptions } from './tls-options.ts'

/**
 * Not here: a Worker holds no keys. Upload the certificate (`wrangler mtls-certificate upload`), bind it
 * (`[[mtls_certificates]]`) and give the endpoint the binding's `fetch`.
 *
 * @throws TypeError that says so, always.
 */
export function tlsFetch(_options?: TlsFetchOptions): TlsFetch {
  throw new TypeError(
    'tlsFetch does not work in Workers: bind the certificate (mtls_certificates) and give the client the endpoint ' +
      '{ url, fetch: (input, init) => env.ETCD_MTLS.fetch(input, init) }',
  )
}
