import { checkMs } from '../check-ms.ts'
import { isBrowser } from '../is-browser.ts'
import { createEndpointPool, type EndpointOption, type EndpointPool, readEndpoint } from './endpoints.ts'
import { type FetchLike, globalFetch } from './fetch-like.ts'
import type { AuthOptions } from './login.ts'
import type { EtcdObserver } from './observer.ts'

export interface EtcdClientOptions {
  /** URLs of etcd's client port; each may carry a `fetch` of its own. Calls begin at a random one. */
  readonly endpoints: readonly EndpointOption[]
  /** How to log in, when etcd demands it. @default no login */
  readonly auth?: AuthOptions
  /** How calls leave this process. Called without a receiver. @default the global `fetch` */
  readonly fetch?: FetchLike
  /** For one unary call with all its attempts, in milliseconds. @default 3000 */
  readonly timeoutMs?: number
  /** Where the gateway lives below each endpoint: another path for a proxy that mounts it elsewhere. @default "/v3" */
  readonly apiPrefix?: string
  /**
   * Have a member that has no leader refuse at once, so that another one is asked. @default true, but in browsers, where
   * etcd's CORS rules forbid the header
   */
  readonly requireLeader?: boolean
  /** Told of every attempt. @default nobody */
  readonly observer?: EtcdObserver
}

/** The options once checked and with all defaults filled in. */
export interface ClientConfig {
  readonly pool: EndpointPool
  readonly timeoutMs: number
  readonly auth: AuthOptions | undefined
  readonly requireLeader: boolean
  readonly observer: EtcdObserver
}

/** @throws TypeError or RangeError that names the option. The caller's object is never changed. */
export function readClientOptions(options: EtcdClientOptions): ClientConfig {
  const { endpoints, auth, fetch = globalFetch, timeoutMs = 3000, apiPrefix = '/v3', observer = {} } = options
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw new TypeError('endpoints must be a list of at least one URL')
  }
  if (typeof fetch !== 'function') throw new TypeError('fetch must be a function')
  if (!/^\/\S*[^/\s]$/.test(apiPrefix)) {
    throw new TypeError('apiPrefix must begin with "/" and not end with one, such as "/v3"')
  }
  if (auth !== undefined) checkAuth(auth)
  const read = endpoints.map((option, index) => readEndpoint(option, `endpoints[${index}]`, apiPrefix, fetch))
  return {
    pool: createEndpointPool(read),
    timeoutMs: checkMs(timeoutMs, 'timeoutMs'),
    auth,
    requireLeader: options.requireLeader ?? !isBrowser(),
    observer,
  }
}

function checkAuth({ username, password }: AuthOptions): void {
  if (typeof username !== 'string' || username === '') throw new TypeError('auth.username must be a text')
  if (typeof password !== 'string' && typeof password !== 'function') {
    throw new TypeError('auth.password must be a text or a function that gives one')
  }
}
