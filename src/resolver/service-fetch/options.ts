import { checkMs } from '../../check-ms.ts'
import type { ServiceInstance } from '../../instance/index.ts'
import { isBrowser } from '../../is-browser.ts'
import type { Instancer } from '../instancer.ts'
import { roundRobin } from '../round-robin.ts'

/** The instances of a service as they are now. */
export type LiveInstances = Pick<Instancer, 'service' | 'snapshot'>

/** What picks an instance for each attempt. Every balancer of this library is one. */
export interface ServiceBalancer {
  /**
   * @param options `exclude`: ids of instances that this call has tried already; `key`: what `keyOf` gives.
   * @throws NoInstancesError when there is none.
   */
  pick(options: { readonly exclude?: readonly string[]; readonly key: string }): ServiceInstance
  /** Told of an instance that was not to be reached, broke off, was too slow, or answered 502, 503 or 504. */
  reportFailure?(instance: ServiceInstance): void
  /** Told once for each pick when its attempt is over: the head of the answer is there, or there will be none. */
  release?(instance: ServiceInstance): void
}

/** What a call is, for whoever decides by it. */
export interface ServiceRequest {
  readonly url: URL
  /** In capitals. */
  readonly method: string
  readonly headers: Headers
}

/** Called as `fetch` is, and assignable to `typeof fetch`. */
export type ServiceFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

export interface ServiceFetchOptions {
  /**
   * How requests leave this process: a Workers binding (`(input, init) => env.WEB.fetch(input, init)`), a proxy, a mock.
   * Called without a receiver: with an instance's URL as text and a plain `init`; with what the caller gave, unchanged, when
   * `serviceOf` says that it is for no service. @default the global `fetch`
   */
  readonly fetch?: ServiceFetch
  /** Makes the balancer of a service. @default roundRobin */
  readonly balancer?: (instances: LiveInstances) => ServiceBalancer
  /**
   * The service that a URL names; `undefined` when it names none: that call goes out as it is, without retries.
   * @default the host of the URL; its port says nothing
   */
  readonly serviceOf?: (url: URL) => string | undefined
  /**
   * What the balancer picks by, if it picks by anything (`consistentHash`): a user, a session.
   * @default path and query, so that each has its instance, as with nginx's `hash $request_uri consistent`
   */
  readonly keyOf?: (request: ServiceRequest) => string
  /** How often one request is sent at most, the first time and hedges included. 1 never retries. @default 3 */
  readonly maxAttempts?: number
  /**
   * For the whole call, all attempts and waits included, until the head of the answer is there. The body may take its time.
   * @default none, as `fetch` has none
   */
  readonly timeoutMs?: number
  /** For each attempt, until the head of its answer is there. @default none */
  readonly perAttemptTimeoutMs?: number
  /**
   * Asks another instance as well when there is no answer after so long, then yet another, up to `maxAttempts`: the first
   * good answer wins, the others are aborted. Only what may be repeated is hedged. @default never
   */
  readonly hedgingDelayMs?: number
  /** The longest `Retry-After` that is waited for; an instance that asks for more is not asked again. @default 5000 */
  readonly maxRetryAfterMs?: number
  /** The methods that may be repeated. @default GET, HEAD, OPTIONS, TRACE, PUT and DELETE (RFC 9110, section 9.2.2) */
  readonly repeatableMethods?: readonly string[]
  /**
   * How many bytes of the body of a `Request` are taken into memory, so that they can be sent again. What is longer is a
   * stream and sent once; with 0 each is. @default 65536
   */
  readonly maxReplayBytes?: number
}

/** The options with their defaults. */
export interface ServiceFetchRules {
  readonly fetch: ServiceFetch
  readonly balancer: (instances: LiveInstances) => ServiceBalancer
  readonly serviceOf: ((url: URL) => string | undefined) | undefined
  readonly keyOf: ((request: ServiceRequest) => string) | undefined
  readonly maxAttempts: number
  readonly timeoutMs: number | undefined
  readonly perAttemptTimeoutMs: number | undefined
  readonly hedgingDelayMs: number | undefined
  readonly maxRetryAfterMs: number
  readonly repeatableMethods: ReadonlySet<string>
  readonly maxReplayBytes: number
  /** A browser follows redirects itself: it shows nobody where they lead. */
  readonly followsRedirects: boolean
}

const idempotent = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']

/** @throws TypeError or RangeError that names the option. */
export function readOptions(options: ServiceFetchOptions): ServiceFetchRules {
  const { balancer = roundRobin, serviceOf, keyOf, repeatableMethods = idempotent } = options
  for (const [name, value] of Object.entries({ fetch: options.fetch, balancer, serviceOf, keyOf })) {
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`${name} must be a function`)
  }
  if (!Array.isArray(repeatableMethods) || repeatableMethods.some((method) => typeof method !== 'string')) {
    throw new TypeError('repeatableMethods must be an array of method names')
  }
  const ms = (name: 'timeoutMs' | 'perAttemptTimeoutMs' | 'hedgingDelayMs') => {
    const value = options[name]
    return value === undefined ? undefined : checkMs(value, name, name === 'hedgingDelayMs' ? 0 : 1)
  }
  return {
    // Bound late, so that a global `fetch` which is replaced later is the one in use.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    balancer,
    serviceOf,
    keyOf,
    maxAttempts: checkCount(options.maxAttempts ?? 3, 'maxAttempts', 1),
    timeoutMs: ms('timeoutMs'),
    perAttemptTimeoutMs: ms('perAttemptTimeoutMs'),
    hedgingDelayMs: ms('hedgingDelayMs'),
    maxRetryAfterMs: checkMs(options.maxRetryAfterMs ?? 5000, 'maxRetryAfterMs', 0),
    repeatableMethods: new Set(repeatableMethods.map((method) => method.toUpperCase())),
    maxReplayBytes: checkCount(options.maxReplayBytes ?? 65_536, 'maxReplayBytes', 0),
    followsRedirects: !isBrowser(),
  }
}

function checkCount(value: number, option: string, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${option} must be an integer of ${least} or more, got ${value}`)
  }
  return value
}
