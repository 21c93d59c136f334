import { discard, urlAt, withSignal } from './attempt.ts'
import { isRedirect, mostRedirects, type Redirect, readRedirect } from './redirect.ts'
import { type Answered, sendToService } from './send-to-service.ts'
import type { ServiceBalancers } from './service-balancers.ts'
import type { ServiceCall } from './service-call.ts'
import type { Target } from './target.ts'

/**
 * Sends a request, and what its redirects lead to: to the instance that redirects when they stay there, to any instance of
 * a service when they name one, to `fetch` otherwise.
 *
 * @throws TypeError for more redirects than `fetch` follows and for one that `fetch` refuses; what `sendToService` throws.
 */
export async function followRedirects(call: ServiceCall, balancers: ServiceBalancers): Promise<Response> {
  let hop = call
  let at: Target | undefined
  for (let left = mostRedirects; ; left--) {
    const answered = await sendToService(hop, balancers, at)
    if (!call.request.follows || !isRedirect(answered.response)) {
      return left === mostRedirects ? answered.response : redirected(answered.response)
    }
    const redirect = take(answered, hop)
    if (left === 0) throw new TypeError(`"${hop.service}": more than ${mostRedirects} redirects`)
    const service = redirect.to === 'instance' ? hop.service : serviceOf(redirect.request.url, hop)
    if (service === undefined) return leave(redirect, call)
    at = redirect.to === 'instance' ? answered.target.again() : undefined
    hop = { ...hop, service, request: redirect.request }
  }
}

/** Reads where an answer leads, and lets go of it. */
function take(answered: Answered, { request }: ServiceCall): Redirect {
  try {
    return readRedirect(answered.response, request, urlAt(answered.target.instance, request.url))
  } finally {
    discard(answered)
  }
}

/** Without `serviceOf` every host is a service, and a redirect to one is more likely to lead out. */
function serviceOf(url: URL, { rules, service, request }: ServiceCall): string | undefined {
  if (rules.serviceOf !== undefined) return rules.serviceOf(url)
  return url.hostname === request.url.hostname ? service : undefined
}

function leave({ request }: Redirect, { rules, signal }: ServiceCall): Promise<Response> {
  const { fetch } = rules
  return fetch(request.url.href, withSignal({ ...request.init, redirect: 'follow' }, signal))
}

/** As `fetch` marks it; its `url` is that of the instance. */
function redirected(response: Response): Response {
  return Object.defineProperty(response, 'redirected', { value: true, configurable: true })
}
