import { discard, type Target, urlAt, withSignal } from './attempt.ts'
import { mostRedirects, type Redirect, readRedirect } from './redirect.ts'
import { type Answered, sendToService } from './send-to-service.ts'
import type { ServiceBalancers } from './service-balancers.ts'
import type { ServiceCall } from './service-call.ts'
import { createTargets } from './targets.ts'

/**
 * Sends a request, and what its redirects lead to: to the instance that redirects when they stay there, to any instance of
 * a service when they name one, to `fetch` otherwise.
 *
 * @throws TypeError for more redirects than `fetch` follows and for one that `fetch` refuses; what `sendToService` throws.
 */
export async function followRedirects(call: ServiceCall, balancers: ServiceBalancers): Promise<Response> {
  const { redirect: mode = 'follow' } = call.request.init
  if (!call.rules.followsRedirects || mode !== 'follow') return (await send(call, balancers)).response

  let hop: ServiceCall = { ...call, request: { ...call.request, init: { ...call.request.init, redirect: 'manual' } } }
  let at: Target | undefined
  for (let left = mostRedirects; ; left--) {
    const answered = await send(hop, balancers, at)
    const redirect = redirectOf(answered, hop)
    if (redirect === undefined) return left === mostRedirects ? answered.response : redirected(answered.response)
    discard(answered)
    if (left === 0) throw new TypeError(`"${hop.service}": more than ${mostRedirects} redirects`)
    const service = redirect.to === 'instance' ? hop.service : serviceOf(redirect.request.url, hop)
    if (service === undefined) return leave(redirect, call)
    at = redirect.to === 'instance' ? answered.target : undefined
    hop = { ...hop, service, request: redirect.request }
  }
}

/** @param at the instance to begin with; the balancer's pick when it is undefined. */
async function send(call: ServiceCall, balancers: ServiceBalancers, at?: Target): Promise<Answered> {
  const targets = createTargets(call, balancers)
  // The balancer has been told already that the pick is over.
  const first = at === undefined ? await targets.first() : { ...at, released: () => {} }
  return sendToService(call, targets, first)
}

function redirectOf(answered: Answered, { request }: ServiceCall): Redirect | undefined {
  try {
    return readRedirect(answered.response, request, urlAt(answered.target.instance, request.url))
  } catch (error) {
    discard(answered)
    throw error
  }
}

/** Without `serviceOf` every host is a service, and a redirect to one is more likely to lead out. */
function serviceOf(url: URL, { rules, service, request }: ServiceCall): string | undefined {
  if (rules.serviceOf !== undefined) return rules.serviceOf(url)
  return url.hostname === request.url.hostname ? service : undefined
}

function leave({ request }: Redirect, { rules, scope }: ServiceCall): Promise<Response> {
  const { fetch } = rules
  return fetch(request.url.href, withSignal({ ...request.init, redirect: 'follow' }, scope.signal))
}

/** As `fetch` marks it; its `url` is that of the instance. */
function redirected(response: Response): Response {
  return Object.defineProperty(response, 'redirected', { value: true, configurable: true })
}
