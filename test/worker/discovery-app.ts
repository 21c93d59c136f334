import { createHash } from 'node:crypto'
import { createEtcdClient, type EtcdClient, type FetchLike } from 'etcd-edge/http-client'
import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { type AccessToken, type AppOptions, createApp } from 'etcd-edge/worker'

export const adminToken = 'an-admin-token-for-tests'

export function accessToken(token: string, ...scopes: string[]): AccessToken {
  return { name: 'test', sha256: createHash('sha256').update(token).digest('hex'), scopes }
}

export interface DiscoveryApp extends AsyncDisposable {
  readonly simulator: EtcdSimulator
  /** For what other programs do in etcd; never cut off. */
  readonly etcd: EtcdClient
  /** Paths of the etcd calls that the app has made. */
  readonly calls: string[]
  /** Calls of the app fail from now on as with an etcd that is gone; `undefined`: they work again. */
  cutOff(failure: FetchLike | undefined): void
  request(path: string, init?: RequestInit): Promise<Response>
  /** Registers, as an administrator. */
  put(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

export const unreachable: FetchLike = () => Promise.reject(new TypeError('fetch failed'))

/** The app on an etcd in memory. Reading is open unless told otherwise; `adminToken` may do everything. */
export function startDiscoveryApp(options: Partial<Omit<AppOptions, 'etcd'>> = {}): DiscoveryApp {
  const simulator = createEtcdSimulator()
  const calls: string[] = []
  let failure: FetchLike | undefined
  const fetch: FetchLike = (input, init) => {
    calls.push(new URL(input).pathname)
    return (failure ?? simulator.fetch)(input, init)
  }
  const endpoints = ['http://etcd.test:2379']
  const app = createApp({
    etcd: createEtcdClient({ endpoints, fetch }),
    anonymousRead: true,
    accessTokens: [accessToken(adminToken, 'admin')],
    ...options,
  })
  const request = async (path: string, init?: RequestInit) => app.request(`https://sd.test${path}`, init)
  return {
    simulator,
    etcd: createEtcdClient({ endpoints, fetch: simulator.fetch }),
    calls,
    request,
    cutOff(next) {
      failure = next
    },
    put: (path, body, headers = {}) =>
      request(path, {
        method: 'PUT',
        headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose](),
  }
}
