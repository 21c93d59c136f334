import { createResolver, createServiceFetch, roundRobin, type ServiceFetchOptions } from 'etcd-edge/resolver'
import type { CaseContext, ClientCase } from './client-case.ts'
import { equal, failure, isTrue } from './portable-assert.ts'

/** Instances in the order of their ids, so that a case knows who is asked first. */
const inOrder: ServiceFetchOptions['balancer'] = (live) => ({
  pick({ exclude = [] }) {
    const found = live.snapshot().instances.find(({ id }) => !exclude.includes(id))
    if (found === undefined) throw new Error('nobody is left')
    return found
  },
})

const start = ({ etcd }: CaseContext, options: ServiceFetchOptions = {}) =>
  createServiceFetch(createResolver(etcd), { balancer: inOrder, ...options })

/** What an instance says it was asked. */
async function asked(response: Response) {
  const { method, path, body, headers } = (await response.json()) as Record<string, unknown>
  return [method, path, body, (headers as Record<string, string>)['content-length']]
}

/**
 * A `fetch` by the names of services, in every runtime. The services are those of `portable-instances.ts`: `echo`; `pair`,
 * whose first instance is not there; `halting`, whose first instance never answers.
 */
export const serviceFetchCases: readonly ClientCase[] = [
  {
    name: 'a service fetch takes what fetch takes',
    async run(context) {
      const serviceFetch = start(context)
      const init = { method: 'POST', body: 'text', headers: { 'content-type': 'text/plain' } }
      for (const input of ['http://echo/path?a=1', new URL('http://echo/path?a=1')]) {
        equal(await asked(await serviceFetch(input, init)), ['POST', '/path?a=1', 'text', '4'])
      }
      const request = new Request('http://echo/path?a=1', init)
      equal(await asked(await serviceFetch(request)), ['POST', '/path?a=1', 'text', '4'])
      equal([request.bodyUsed, (await failure(serviceFetch(request))).name], [true, 'TypeError'])
      const long = 'x'.repeat(100_000)
      const longRequest = new Request('http://echo/long', { ...init, method: 'PUT', body: long })
      const [, , body, length] = await asked(await start(context, { maxReplayBytes: 200_000 })(longRequest))
      isTrue(body === long, 'a long body arrives whole')
      equal(length, '100000')
    },
  },
  {
    name: 'a service fetch leaves an instance that is not there for another one',
    async run(context) {
      const serviceFetch = start(context)
      equal(await asked(await serviceFetch('http://pair/get')), ['GET', '/get', '', undefined])
      const request = new Request('http://pair/put', { method: 'PUT', body: 'text' })
      equal(await asked(await serviceFetch(request)), ['PUT', '/put', 'text', '4'])
      equal((await failure(start(context, { balancer: roundRobin })('http://nobody/'))).code, 'NO_INSTANCES')
    },
  },
  {
    name: 'a service fetch waits as long as Retry-After says',
    async run(context) {
      const startedAt = performance.now()
      const response = await start(context)(`http://echo/busy-once${context.prefix}`)
      equal(response.status, 200)
      await response.text()
      // workerd's clock goes in steps.
      isTrue(performance.now() - startedAt > 900, 'it has waited for a second')
    },
  },
  {
    name: 'a service fetch hedges, and tells when time is up',
    async run(context) {
      equal((await asked(await start(context, { hedgingDelayMs: 20 })('http://halting/hedged')))[1], '/hedged')
      equal((await asked(await start(context, { perAttemptTimeoutMs: 2000 })('http://halting/second')))[1], '/second')
      const limits = [{ timeoutMs: 100 }, { perAttemptTimeoutMs: 100, maxAttempts: 1 }]
      for (const limit of limits) equal((await failure(start(context, limit)('http://halting/'))).code, 'DEADLINE')
    },
  },
  {
    name: 'a service fetch that is aborted gives the caller’s reason',
    async run(context) {
      const reason = new Error('enough')
      for (const options of [{}, { timeoutMs: 9000 }, { hedgingDelayMs: 9000 }]) {
        const controller = new AbortController()
        const call = start(context, options)('http://halting/', { signal: controller.signal })
        setTimeout(() => controller.abort(reason), 50)
        isTrue((await call.catch((error: unknown) => error)) === reason, 'the reason is the caller’s own')
      }
    },
  },
  {
    name: 'a service fetch follows redirects within the service',
    async run(context) {
      const serviceFetch = start(context)
      const response = await serviceFetch('http://echo/redirect?to=/there', { method: 'POST', body: 'text' })
      equal([response.redirected, ...(await asked(response))], [true, 'GET', '/there', '', undefined])
      // A browser does not tell where a redirect leads.
      if ('document' in globalThis) return
      const named = await serviceFetch('http://echo/redirect?to=http://echo/by-name')
      equal(await asked(named), ['GET', '/by-name', '', undefined])
    },
  },
]
