import { DeadlineError } from '../../errors.ts'
import { startScope } from './abort-scope.ts'
import { followRedirects } from './follow-redirects.ts'
import { readOptions, type ServiceFetch, type ServiceFetchOptions } from './options.ts'
import { readRequest } from './outgoing-request.ts'
import { holdBody } from './request-body.ts'
import { checkSource, createServiceBalancers, type ServiceSource } from './service-balancers.ts'

/**
 * A `fetch` whose host is the name of a service: `http://web/path` goes to an instance of `web`. It takes what `fetch`
 * takes and can be put wherever one is wanted, as in `ky.create({ fetch })`. It holds nothing open: no timer, no connection,
 * nothing between two calls but the turn of each balancer.
 *
 * The instance's address decides where a request goes, and its scheme, if that is http or https, how; path, query, method,
 * headers, body and all else are the caller's. The `host` header is what `fetch` makes of the instance's address.
 *
 * A request is sent again, to another instance first, when nothing of it was sent (no connection; workerd and browsers do
 * not tell, so there it counts as broken) or when it may be repeated (`repeatableMethods`, or a header `Idempotency-Key`)
 * and the connection broke, time was up, or the answer was 502, 503 or 504. Who says `Retry-After` is not asked again
 * before; another instance is asked at once. One that this call has tried is asked again after 50 to 2000 ms. An answer
 * that has begun is the caller's, whatever becomes of its body. A body that is a stream is sent once, whatever happens.
 *
 * Relative redirects, and those to the address of the instance, are asked of that instance; a redirect to the service's
 * name is resolved as a new call is, never looked up in DNS; any other is left to `fetch`, unless `serviceOf` is given and
 * names a service. A browser follows redirects without telling where they lead.
 *
 * What `fetch` would give, the caller gets: the last answer, 503 included, or the very error of the last attempt, a
 * `TypeError` in most runtimes, so that whoever handles failures of `fetch` (ky's retries do) handles these.
 *
 * @param source a resolver, or instancers, one for each service. While one call asks the resolver, the others in flight go
 * on with what is known, as `maxAgeMs` of the resolver has it.
 * @throws TypeError or RangeError for a wrong option. The calls reject with: TypeError for what `fetch` refuses and for a
 * URL without a service; NoInstancesError when there is no instance to send it to; DeadlineError when `timeoutMs` is
 * over, or `perAttemptTimeoutMs` for the last attempt; InvalidInstanceError for a name that no service can have;
 * UnavailableError and what else the source throws when etcd cannot be asked; the signal's own reason, unchanged.
 */
export function createServiceFetch(source: ServiceSource, options: ServiceFetchOptions = {}): ServiceFetch {
  checkSource(source)
  const rules = readOptions(options)
  const { fetch, serviceOf, timeoutMs } = rules
  const balancers = createServiceBalancers(source, rules.balancer)
  return async (input, init) => {
    const asked = readRequest(input, init, rules.followsRedirects)
    const service = serviceOf === undefined ? asked.url.hostname : serviceOf(asked.url)
    if (service === undefined) return fetch(input, init)
    asked.signal?.throwIfAborted()
    const tooLate = () => new DeadlineError(`"${service}": no answer within ${timeoutMs} ms`)
    const scope = timeoutMs === undefined ? undefined : startScope(asked.signal, timeoutMs, tooLate)
    const signal = scope?.signal ?? asked.signal
    const endsAt = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs
    try {
      const request = asked.body === 'request' ? await holdBody(asked, rules.maxReplayBytes, signal) : asked
      return await followRedirects({ service, request, rules, signal, endsAt }, balancers)
    } catch (error) {
      // Whatever fetch has made of it: in workerd it is a copy.
      signal?.throwIfAborted()
      throw error
    } finally {
      scope?.settle()
    }
  }
}
