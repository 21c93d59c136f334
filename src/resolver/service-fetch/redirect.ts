import type { OutgoingRequest } from './outgoing-request.ts'

/** Where an answer sends its caller. */
export interface Redirect {
  /** What to ask there. */
  readonly request: OutgoingRequest
  /** `instance`: the one that has answered; otherwise whatever the URL names. */
  readonly to: 'instance' | 'elsewhere'
}

/** As many as `fetch` follows. */
export const mostRedirects = 20

const redirecting: readonly number[] = [301, 302, 303, 307, 308]
const aboutBody = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']
const secret = ['authorization', 'proxy-authorization', 'cookie', 'host']

/** Whether `fetch` would follow it. */
export function isRedirect({ status, headers }: Response): boolean {
  return redirecting.includes(status) && headers.has('location')
}

/**
 * Reads a redirect as `fetch` does: 303, and 301 and 302 after a POST, ask with GET; a request to another host loses its
 * credentials.
 *
 * Source: Fetch standard, "HTTP-redirect fetch".
 *
 * @param from the URL at the instance that has answered.
 * @throws TypeError for a place that is not http or https, and for a streaming body that would have to be sent again.
 */
export function readRedirect({ status, headers }: Response, request: OutgoingRequest, from: string): Redirect {
  const location = headers.get('location') ?? ''
  const url = URL.canParse(location, from) ? new URL(location, from) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`${request.url.origin} redirects to what is no http or https URL`)
  }
  if (status !== 303 && request.body === 'once') {
    throw new TypeError(`${request.url.origin} redirects (${status}) a request whose body is a stream`)
  }
  const asksAnew =
    status === 303 ? !['GET', 'HEAD'].includes(request.method) : status < 303 && request.method === 'POST'
  const to = url.origin === new URL(from).origin ? 'instance' : 'elsewhere'
  // What the instance calls itself is the service to the caller.
  const named = to === 'instance' ? new URL(`${url.pathname}${url.search}`, request.url) : url
  return { request: redirected(request, named, asksAnew), to }
}

function redirected(request: OutgoingRequest, url: URL, asksAnew: boolean): OutgoingRequest {
  const headers = new Headers(request.init.headers)
  const leaves = url.hostname !== request.url.hostname
  for (const name of [...(leaves ? secret : []), ...(asksAnew ? aboutBody : [])]) headers.delete(name)
  if (!asksAnew) return { ...request, url, init: { ...request.init, headers } }
  const { body: _body, ...init } = request.init
  return { ...request, url, method: 'GET', init: { ...init, method: 'GET', headers }, body: 'none' }
}
