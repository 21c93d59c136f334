import type { FetchLike } from './fetch-like.ts'

/** One address of etcd's client port, and the `fetch` that reaches it when the client's own does not. */
export type EndpointOption = string | { readonly url: string; readonly fetch?: FetchLike }

export interface Endpoint {
  /** Base of all calls, without a trailing slash, API prefix included. */
  readonly base: string
  /** For messages: scheme, host and port, never credentials, path or query. */
  readonly origin: string
  readonly fetch: FetchLike
}

/**
 * The endpoints in use. Calls stay on one until it fails; a failed one is left alone for 1 s, doubled at each further
 * failure up to 30 s, and is as good as new after a success. When all are left alone, the one whose time is over first is
 * tried: there is always one.
 */
export interface EndpointPool {
  readonly size: number
  /** Where to send the next call. `tried` are those that this call has tried already. */
  pick(tried?: ReadonlySet<Endpoint>): Endpoint
  failed(endpoint: Endpoint): void
  succeeded(endpoint: Endpoint): void
}

interface Member {
  readonly endpoint: Endpoint
  failures: number
  /** Left alone until then, by the monotonic clock. */
  until: number
}

const firstQuarantineMs = 1000
const longestQuarantineMs = 30_000

export function createEndpointPool(endpoints: readonly Endpoint[], random: () => number = Math.random): EndpointPool {
  const members: Member[] = endpoints.map((endpoint) => ({ endpoint, failures: 0, until: 0 }))
  // Anywhere: a fleet whose processes all begin with the first endpoint in the list makes that one's load.
  let current = Math.floor(random() * members.length)
  const indexOf = (endpoint: Endpoint) => members.findIndex((member) => member.endpoint === endpoint)

  return {
    size: members.length,
    pick(tried) {
      const usual = members[current]
      if (usual?.failures === 0 && tried === undefined) return usual.endpoint
      const now = performance.now()
      const inTurn = [...members.slice(current), ...members.slice(0, current)]
      const untried = inTurn.filter(({ endpoint }) => !tried?.has(endpoint))
      const candidates = untried.length > 0 ? untried : inTurn
      const member =
        candidates.find(({ until }) => until <= now) ?? candidates.reduce((a, b) => (b.until < a.until ? b : a))
      current = members.indexOf(member)
      return member.endpoint
    },
    failed(endpoint) {
      const member = members[indexOf(endpoint)]
      if (member === undefined) return
      member.until = performance.now() + Math.min(longestQuarantineMs, firstQuarantineMs * 2 ** member.failures)
      member.failures += 1
    },
    succeeded(endpoint) {
      const member = members[indexOf(endpoint)]
      if (member === undefined || member.failures === 0) return
      member.failures = 0
      member.until = 0
    },
  }
}

/** @throws TypeError that names the option and does not repeat the URL. */
export function readEndpoint(option: EndpointOption, name: string, apiPrefix: string, fetch: FetchLike): Endpoint {
  const text = typeof option === 'string' ? option : option?.url
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`${name} must be an http or https URL such as "http://127.0.0.1:2379"`)
  }
  if (url.username !== '' || url.password !== '') throw new TypeError(`${name} must not hold credentials`)
  if (url.search !== '' || url.hash !== '') throw new TypeError(`${name} must not have a query or a fragment`)
  return {
    base: `${url.origin}${url.pathname.replace(/\/+$/, '')}${apiPrefix}`,
    origin: url.origin,
    fetch: (typeof option === 'string' ? undefined : option.fetch) ?? fetch,
  }
}
