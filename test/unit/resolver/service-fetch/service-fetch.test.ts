import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../src/errors.ts'
import { createServiceFetch, type ServiceFetch, type ServiceFetchOptions } from '../../../../src/resolver/index.ts'
import { fixedSet } from './fixed-set.ts'
import {
  type Act,
  broken,
  inOrder,
  instance,
  refused,
  resolverOf,
  type ScriptedFetch,
  scriptedFetch,
} from './scripted-fetch.ts'

const three = [instance('a'), instance('b'), instance('c')]

/** Three instances a, b and c of `web`, asked in this order. */
function start(script: Readonly<Record<string, Act | readonly Act[]>>, options: ServiceFetchOptions = {}) {
  const told: string[] = []
  const line = scriptedFetch(script)
  const source = resolverOf(three)
  const serviceFetch = createServiceFetch(source, { fetch: line.fetch, balancer: inOrder(told), ...options })
  return { serviceFetch, told, line, source }
}

const hosts = ({ sent }: ScriptedFetch) => sent.map(({ url }) => new URL(url).hostname)
const outcomeOf = (call: Promise<Response>) =>
  call.then(
    ({ status }) => status,
    (error: unknown) => error,
  )

const busy = (retryAfter: string) => new Response('busy', { status: 503, headers: { 'retry-after': retryAfter } })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('where a call goes', () => {
  it.each([
    ['http://web/a/b?c=d#e', {}, 'http://a:80/a/b?c=d'],
    ['http://web', {}, 'http://a:80/'],
    ['http://WEB:8080/', {}, 'http://a:80/'],
    ['https://web/', {}, 'https://a:80/'],
    ['https://web/', { scheme: 'http' }, 'http://a:80/'],
    ['http://web/', { scheme: 'https', address: '[::1]:8443' }, 'https://[::1]:8443/'],
    ['http://web/', { scheme: 'tcp' }, 'http://a:80/'],
    ['http://web/%2e%20/?a=%00', {}, 'http://a:80/%2e%20/?a=%00'],
  ])('%s at %o is %s', async (url, more, expected) => {
    const line = scriptedFetch({ a: 200, '[::1]': 200 })
    const source = resolverOf([instance('a', more)])
    await createServiceFetch(source, { fetch: line.fetch })(url)
    expect(line.sent.map((sent) => sent.url)).toEqual([expected])
    expect(source.asked).toEqual(['web'])
  })

  it('is another instance for each call', async () => {
    const line = scriptedFetch({ a: 200, b: 200, c: 200 })
    const serviceFetch = createServiceFetch(resolverOf(three), { fetch: line.fetch })
    for (let call = 0; call < 4; call++) await serviceFetch('http://web/')
    // It begins anywhere.
    const [first, ...others] = hosts(line)
    expect([new Set([first, ...others.slice(0, 2)]).size, others[2]]).toEqual([3, first])
  })

  it('is never an instance that is drained or draining', async () => {
    const line = scriptedFetch({ c: 200 })
    const source = resolverOf([instance('a', { weight: 0 }), instance('b', { status: 'draining' }), instance('c')])
    for (let call = 0; call < 4; call++) await createServiceFetch(source, { fetch: line.fetch })('http://web/')
    expect(new Set(hosts(line))).toEqual(new Set(['c']))
  })

  it('follows the set as it changes, with the same balancer', async () => {
    const line = scriptedFetch({ a: 200, b: 200 })
    let made = 0
    const balancer: ServiceFetchOptions['balancer'] = (live) => {
      made += 1
      return inOrder()(live)
    }
    const serviceFetch = createServiceFetch(resolverOf([instance('a')], [instance('b')]), {
      fetch: line.fetch,
      balancer,
    })
    await serviceFetch('http://web/')
    await serviceFetch('http://web/')
    expect([hosts(line), made]).toEqual([['a', 'b'], 1])
  })

  it('is decided by instancers as well, each for its own service', async () => {
    const line = scriptedFetch({ a: 200, b: 200 })
    const source = [fixedSet('web', [instance('a')]), fixedSet('api', [instance('b')])]
    const serviceFetch = createServiceFetch(source, { fetch: line.fetch })
    await serviceFetch('http://web/')
    await serviceFetch('http://api/')
    expect(hosts(line)).toEqual(['a', 'b'])
    await expect(serviceFetch('http://shop/')).rejects.toMatchObject({ code: 'NO_INSTANCES', service: 'shop' })
  })

  it('waits for an instancer that has not listed yet, no longer than the caller does', async () => {
    const listed = Promise.withResolvers<void>()
    const line = scriptedFetch({ a: 200 })
    const source = [{ ...fixedSet('web', [instance('a')]), ready: () => listed.promise }]
    const serviceFetch = createServiceFetch(source, { fetch: line.fetch, timeoutMs: 100 })
    const impatient = outcomeOf(serviceFetch('http://web/', { signal: AbortSignal.any([]) }))
    await vi.advanceTimersByTimeAsync(100)
    expect(await impatient).toMatchObject({ code: 'DEADLINE' })
    const patient = serviceFetch('http://web/')
    listed.resolve()
    expect((await patient).status).toBe(200)
  })

  it('is told the balancer by a key: path and query, or what keyOf gives', async () => {
    const keysOf = async (options: ServiceFetchOptions) => {
      const told: string[] = []
      const { serviceFetch } = start({ a: 503, b: 200 }, { balancer: inOrder(told, true), ...options })
      await serviceFetch('http://web/x?y=1', { headers: { user: 'me' } })
      return told.filter((line) => line.startsWith('key'))
    }
    expect(await keysOf({})).toEqual(['key /x?y=1', 'key /x?y=1'])
    const keyOf: ServiceFetchOptions['keyOf'] = ({ url, method, headers }) =>
      url.pathname + method + headers.get('user')
    expect(await keysOf({ keyOf })).toEqual(['key /xGETme', 'key /xGETme'])
  })

  it('is named by serviceOf; what it does not name goes out as it was given', async () => {
    const line = scriptedFetch({ a: 200, 'other.test': 503 })
    const source = resolverOf([instance('a')])
    const serviceOf = ({ hostname }: URL) => (hostname.endsWith('.svc') ? hostname.slice(0, -4) : undefined)
    const serviceFetch = createServiceFetch(source, { fetch: line.fetch, serviceOf })
    await serviceFetch('http://my_web.svc/')
    const init = { method: 'PUT' }
    expect((await serviceFetch('http://other.test/x', init)).status).toBe(503)
    expect(source.asked).toEqual(['my_web'])
    expect(line.sent.map(({ url }) => url)).toEqual(['http://a:80/', 'http://other.test/x'])
    expect(line.sent[1]?.init).toBe(init)
  })
})

describe('what is sent again', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    '%s after 502, 503, 504 and a broken connection',
    async (method) => {
      for (const trouble of [502, 503, 504, broken()]) {
        const { serviceFetch, line } = start({ a: trouble, b: 200 })
        expect((await serviceFetch('http://web/', { method })).status).toBe(200)
        expect(hosts(line)).toEqual(['a', 'b'])
      }
    },
  )

  it.each(['POST', 'PATCH'])('%s only when nothing was sent', async (method) => {
    const unsent = start({ a: refused(), b: 200 })
    expect((await unsent.serviceFetch('http://web/', { method, body: 'x' })).status).toBe(200)
    expect(unsent.line.sent.map(({ init }) => init.body)).toEqual(['x', 'x'])
    const answered = start({ a: 503, b: 200 })
    const response = await answered.serviceFetch('http://web/', { method, body: 'x' })
    expect([response.status, await response.text()]).toEqual([503, 'a'])
    const failure = broken()
    const cut = start({ a: failure, b: 200 })
    expect(await outcomeOf(cut.serviceFetch('http://web/', { method, body: 'x' }))).toBe(failure)
    expect(hosts(cut.line)).toEqual(['a'])
  })

  it.each(['Idempotency-Key', 'X-Idempotency-Key'])('POST with %s, as if it were PUT', async (name) => {
    const { serviceFetch } = start({ a: 503, b: broken(), c: 200 })
    expect((await serviceFetch('http://web/', { method: 'POST', headers: { [name]: '1' } })).status).toBe(200)
  })

  it('what repeatableMethods says, and nothing else', async () => {
    const options = { repeatableMethods: ['GET', 'query'] }
    expect(await outcomeOf(start({ a: 503, b: 200 }, options).serviceFetch('http://web/', { method: 'QUERY' }))).toBe(
      200,
    )
    expect(await outcomeOf(start({ a: 503, b: 200 }, options).serviceFetch('http://web/', { method: 'PUT' }))).toBe(503)
  })

  it.each([200, 204, 304, 400, 404, 429, 500, 501])('no answer of %i', async (status) => {
    const { serviceFetch, line, told } = start({ a: new Response(null, { status }), b: 200 })
    expect((await serviceFetch('http://web/')).status).toBe(status)
    expect(hosts(line)).toEqual(['a'])
    expect(told).toEqual(['picked a', 'released a'])
  })

  it('not a stream, whatever happens', async () => {
    for (const trouble of [503, broken(), refused()]) {
      const { serviceFetch, line } = start({ a: trouble, b: 200 })
      const init = { method: 'PUT', body: new ReadableStream(), duplex: 'half' }
      expect(await outcomeOf(serviceFetch('http://web/', init))).toBe(trouble)
      expect(hosts(line)).toEqual(['a'])
    }
  })

  it('at most maxAttempts times; the last answer is the caller’s, its body too', async () => {
    const { serviceFetch, line } = start({ a: 502, b: 504, c: 503 })
    const response = await serviceFetch('http://web/')
    expect([response.status, await response.text()]).toEqual([503, 'c'])
    expect(hosts(line)).toEqual(['a', 'b', 'c'])
    const once = start({ a: 503 }, { maxAttempts: 1 })
    expect(await outcomeOf(once.serviceFetch('http://web/'))).toBe(503)
    expect(hosts(once.line)).toEqual(['a'])
  })

  it('and when all attempts fail, the very error of the last one is thrown', async () => {
    const last = broken()
    const { serviceFetch } = start({ a: refused(), b: 503, c: last })
    expect(await outcomeOf(serviceFetch('http://web/'))).toBe(last)
  })

  it('lets go of the answers that nobody reads, and of no other', async () => {
    const { serviceFetch, line } = start({ a: 503, b: 503, c: 200 })
    const response = await serviceFetch('http://web/')
    expect(line.events).toEqual(['a cancelled', 'b cancelled'])
    expect(await response.text()).toBe('c')
  })

  it('not what is the caller’s own mistake, which is nobody’s fault', async () => {
    for (const [init, trouble] of [
      [{ headers: { 'a b': 'c' } }, new TypeError('invalid header name')],
      [{ body: 'x' }, new TypeError('GET cannot have a body')],
      [{ method: 'CONNECT' }, new TypeError('forbidden')],
    ] as const) {
      const { serviceFetch, told } = start({ a: trouble, b: 200 })
      expect(await outcomeOf(serviceFetch('http://web/', init))).toBe(trouble)
      expect(told).toEqual(['picked a', 'released a'])
    }
  })

  it('what a fetch of this library says was not executed', async () => {
    const certificate = new UnavailableError('TLS: expired', { retryable: false, notExecuted: true })
    const { serviceFetch } = start({ a: certificate, b: 200 })
    expect(await outcomeOf(serviceFetch('http://web/', { method: 'POST' }))).toBe(200)
  })
})

describe('an instance that has been tried', () => {
  const alone = (act: Act | readonly Act[], options: ServiceFetchOptions = {}) => {
    const line = scriptedFetch({ a: act })
    return { line, serviceFetch: createServiceFetch(resolverOf([instance('a')]), { fetch: line.fetch, ...options }) }
  }

  it('is asked again after a moment when there is no other', async () => {
    const { serviceFetch, line } = alone([broken(), 503, 200])
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(49)
    expect(line.sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(51)
    expect(line.sent).toHaveLength(2)
    expect(line.events).toEqual(['a cancelled'])
    await vi.advanceTimersByTimeAsync(200)
    expect(await call).toBe(200)
  })

  it.each([
    ['3', 3000],
    [new Date(4000).toUTCString(), 4000],
  ])('is asked again when Retry-After (%s) is over, not before', async (retryAfter, ms) => {
    vi.setSystemTime(0)
    const { serviceFetch, line } = alone([busy(retryAfter), 200])
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(line.sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await call).toBe(200)
  })

  it('is not asked again when it wants more than maxRetryAfterMs: the caller gets its answer at once', async () => {
    const long = alone([busy('6'), 200])
    const response = await long.serviceFetch('http://web/')
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([503, '6', 'busy'])
    const bounded = alone([busy('2'), 200], { maxRetryAfterMs: 1999 })
    expect(await outcomeOf(bounded.serviceFetch('http://web/'))).toBe(503)
  })

  it('is not waited for longer than there is time', async () => {
    const { serviceFetch } = alone([busy('3'), 200], { timeoutMs: 2000 })
    expect(await outcomeOf(serviceFetch('http://web/'))).toBe(503)
  })

  it('holds up nobody else: another instance is asked at once', async () => {
    const { serviceFetch, line } = start({ a: busy('3600'), b: 200 })
    expect(await outcomeOf(serviceFetch('http://web/'))).toBe(200)
    expect(hosts(line)).toEqual(['a', 'b'])
  })

  it('is the one that may be asked first, when all have been tried', async () => {
    const line = scriptedFetch({ a: busy('3'), b: [busy('1'), 200] })
    const source = resolverOf([instance('a'), instance('b')])
    const serviceFetch = createServiceFetch(source, { fetch: line.fetch, balancer: inOrder() })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await call).toBe(200)
    expect(hosts(line)).toEqual(['a', 'b', 'b'])
  })

  it('gives way to one that has come meanwhile', async () => {
    const line = scriptedFetch({ a: busy('1'), b: 200 })
    const source = resolverOf([instance('a')], [instance('a')], [instance('a'), instance('b')])
    const serviceFetch = createServiceFetch(source, { fetch: line.fetch, balancer: inOrder() })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await call).toBe(200)
    expect(hosts(line)).toEqual(['a', 'b'])
  })

  it('is one pick of the balancer, however often it is asked', async () => {
    const told: string[] = []
    const { serviceFetch } = alone([503, 503, 200], { balancer: inOrder(told) })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await call).toBe(200)
    expect(told).toEqual(['picked a', 'failed a', 'released a', 'failed a'])
  })

  it('is asked again when etcd cannot be asked for another', async () => {
    const line = scriptedFetch({ a: [503, 200] })
    const source = resolverOf([instance('a')], new UnavailableError('etcd is away'))
    const call = outcomeOf(createServiceFetch(source, { fetch: line.fetch })('http://web/'))
    await vi.advanceTimersByTimeAsync(100)
    expect(await call).toBe(200)
  })
})

describe('a balancer', () => {
  it('is told of what failed, and when each pick is over', async () => {
    const { serviceFetch, told } = start({ a: refused(), b: 502, c: 200 })
    await serviceFetch('http://web/')
    expect(told).toEqual([
      ...['picked a', 'failed a', 'released a'],
      ...['picked b', 'failed b', 'released b'],
      ...['picked c', 'released c'],
    ])
  })

  it('is told of a failure that is not retried', async () => {
    const { serviceFetch, told } = start({ a: 503 })
    await serviceFetch('http://web/', { method: 'POST' })
    expect(told).toEqual(['picked a', 'failed a', 'released a'])
  })

  it('that gives what was tried already is not followed at once', async () => {
    const line = scriptedFetch({ a: [503, 200] })
    const stubborn = () => ({ pick: () => instance('a') })
    const call = outcomeOf(
      createServiceFetch(resolverOf(three), { fetch: line.fetch, balancer: stubborn })('http://web/'),
    )
    await vi.advanceTimersByTimeAsync(49)
    expect(line.sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(51)
    expect(await call).toBe(200)
  })

  it('that throws what it is told harms no call', async () => {
    const uncaught: unknown[] = []
    const real = queueMicrotask
    vi.stubGlobal('queueMicrotask', (task: () => void) => {
      real(() => {
        try {
          task()
        } catch (error) {
          uncaught.push(error)
        }
      })
    })
    const balancer = () => {
      const told = () => {
        throw new Error('the balancer is broken')
      }
      return { pick: () => instance('a'), reportFailure: told, release: told }
    }
    const line = scriptedFetch({ a: 503 })
    const serviceFetch = createServiceFetch(resolverOf(three), { fetch: line.fetch, balancer, maxAttempts: 1 })
    expect(await outcomeOf(serviceFetch('http://web/'))).toBe(503)
    expect(uncaught).toHaveLength(2)
  })
})

describe('time', () => {
  it('is as long as it takes without options', async () => {
    const answer = Promise.withResolvers<Response>()
    const { serviceFetch } = start({ a: () => answer.promise })
    const call = serviceFetch('http://web/')
    await vi.advanceTimersByTimeAsync(600_000)
    answer.resolve(new Response())
    expect((await call).status).toBe(200)
  })

  it('perAttemptTimeoutMs leaves an instance that does not answer for another one', async () => {
    const { serviceFetch, line, told } = start({ a: 'hang', b: 'hang', c: 200 }, { perAttemptTimeoutMs: 100 })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(200)
    expect(await call).toBe(200)
    expect(line.events).toEqual(['a aborted', 'b aborted'])
    expect(told).toContain('failed a')
  })

  it('perAttemptTimeoutMs is an error where a request may not be repeated, and after the last attempt', async () => {
    for (const [method, attempts] of [
      ['POST', 1],
      ['GET', 3],
    ] as const) {
      const { serviceFetch, line } = start({ a: 'hang', b: 'hang', c: 'hang' }, { perAttemptTimeoutMs: 100 })
      const call = outcomeOf(serviceFetch('http://web/', { method }))
      await vi.advanceTimersByTimeAsync(100 * attempts)
      expect(await call).toMatchObject({
        code: 'DEADLINE',
        message: expect.stringMatching(/"web": no answer from http:\/\/[ac](:80)? within 100 ms/),
      })
      expect(line.sent).toHaveLength(attempts)
    }
  })

  it('timeoutMs ends everything: the attempt under way, with its instance at fault when nothing else says how long one takes', async () => {
    const { serviceFetch, line, told } = start({ a: 'hang' }, { timeoutMs: 250 })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(250)
    expect(await call).toMatchObject({ code: 'DEADLINE', message: '"web": no answer within 250 ms' })
    expect(line.events).toEqual(['a aborted'])
    expect(told).toEqual(['picked a', 'failed a', 'released a'])
  })

  it('timeoutMs says nothing of an instance that has not had its perAttemptTimeoutMs', async () => {
    const { serviceFetch, told } = start({ a: 'hang', b: 'hang' }, { timeoutMs: 250, perAttemptTimeoutMs: 200 })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(250)
    expect(await call).toMatchObject({ code: 'DEADLINE', message: '"web": no answer within 250 ms' })
    expect(told).toEqual(['picked a', 'failed a', 'released a', 'picked b', 'released b'])
  })

  it('timeoutMs ends the search for an instance, too', async () => {
    const source = {
      resolve: (_: string, options: { signal?: AbortSignal | undefined } = {}) =>
        new Promise<never>((_, reject) =>
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
        ),
    }
    const call = outcomeOf(createServiceFetch(source, { timeoutMs: 100 })('http://web/'))
    await vi.advanceTimersByTimeAsync(100)
    expect(await call).toMatchObject({ code: 'DEADLINE' })
  })

  it('does not count for the body', async () => {
    const { serviceFetch, line } = start({ a: 200 }, { timeoutMs: 100, perAttemptTimeoutMs: 100 })
    await serviceFetch('http://web/')
    await vi.advanceTimersByTimeAsync(1000)
    expect(line.sent[0]?.init.signal?.aborted).toBe(false)
  })
})

describe('the caller’s signal', () => {
  const reason = { mine: true }

  it.each([[{}], [{ timeoutMs: 1000 }], [{ perAttemptTimeoutMs: 1000 }], [{ hedgingDelayMs: 10 }]])(
    'gives its own reason, unchanged, whatever fetch makes of it (%o)',
    async (options) => {
      const controller = new AbortController()
      const copying: ServiceFetch = (_, init) =>
        new Promise((_, reject) =>
          init?.signal?.addEventListener('abort', () => reject(structuredClone(init.signal?.reason))),
        )
      const serviceFetch = createServiceFetch(resolverOf(three), { ...options, fetch: copying })
      const call = outcomeOf(serviceFetch('http://web/', { signal: controller.signal }))
      await vi.advanceTimersByTimeAsync(20)
      controller.abort(reason)
      expect(await call).toBe(reason)
    },
  )

  it('that is aborted already ends a call before etcd is asked', async () => {
    const { serviceFetch, source } = start({ a: 200 })
    expect(await outcomeOf(serviceFetch('http://web/', { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(source.asked).toEqual([])
  })

  it('of a Request counts as well', async () => {
    const controller = new AbortController()
    const { serviceFetch, line } = start({ a: 'hang' })
    const call = outcomeOf(serviceFetch(new Request('http://web/', { signal: controller.signal })))
    await vi.advanceTimersByTimeAsync(0)
    controller.abort(reason)
    expect(await call).toBe(reason)
    expect(line.events).toEqual(['a aborted'])
  })

  it('ends a wait between two attempts, and no instance is blamed for it', async () => {
    const controller = new AbortController()
    const line = scriptedFetch({ a: new Response('busy', { status: 503, headers: { 'retry-after': '3' } }) })
    const told: string[] = []
    const serviceFetch = createServiceFetch(resolverOf([instance('a')]), { fetch: line.fetch, balancer: inOrder(told) })
    const call = outcomeOf(serviceFetch('http://web/', { signal: controller.signal }))
    await vi.advanceTimersByTimeAsync(1000)
    controller.abort(reason)
    expect(await call).toBe(reason)
    expect(line.events).toEqual(['a cancelled'])
    expect(told).toEqual(['picked a', 'failed a', 'released a'])
  })

  it('ends the search for another instance, and lets the last answer go', async () => {
    const controller = new AbortController()
    const line = scriptedFetch({ a: busy('3600') })
    const known = resolverOf([instance('a')])
    const resolve: typeof known.resolve = async (service, options) => {
      if (known.asked.length === 0) return known.resolve(service)
      controller.abort(reason)
      throw options?.signal?.reason
    }
    const serviceFetch = createServiceFetch({ resolve }, { fetch: line.fetch })
    expect(await outcomeOf(serviceFetch('http://web/', { signal: controller.signal }))).toBe(reason)
    expect(line.events).toEqual(['a cancelled'])
  })

  it('is handed on as it is where nothing else can end the call', async () => {
    const { signal } = new AbortController()
    const { serviceFetch, line } = start({ a: 200 })
    await serviceFetch('http://web/', { signal })
    expect(line.sent[0]?.init.signal).toBe(signal)
    await serviceFetch('http://web/')
    expect(line.sent[1]?.init).not.toHaveProperty('signal')
  })

  it('still reaches the body when the call is over', async () => {
    const controller = new AbortController()
    const { serviceFetch, line } = start({ a: 200 }, { timeoutMs: 1000, hedgingDelayMs: 10 })
    await serviceFetch('http://web/', { signal: controller.signal })
    controller.abort(reason)
    expect(line.sent[0]?.init.signal?.reason).toBe(reason)
  })
})

describe('without an instance', () => {
  it('a call fails with NoInstancesError, and nothing is sent', async () => {
    const line = scriptedFetch({})
    const call = createServiceFetch(resolverOf([]), { fetch: line.fetch })('http://web/')
    await expect(call).rejects.toMatchObject({ name: 'NoInstancesError', code: 'NO_INSTANCES', retryable: true })
    expect(line.sent).toEqual([])
  })

  it('when etcd cannot be asked, its error says so', async () => {
    const away = new UnavailableError('etcd is away')
    expect(await outcomeOf(createServiceFetch(resolverOf(away))('http://web/'))).toBe(away)
  })
})

describe('createServiceFetch', () => {
  it.each([
    [{ maxAttempts: 0 }, RangeError, 'maxAttempts'],
    [{ maxAttempts: 1.5 }, RangeError, 'maxAttempts'],
    [{ timeoutMs: 0 }, RangeError, 'timeoutMs'],
    [{ perAttemptTimeoutMs: Number.NaN }, RangeError, 'perAttemptTimeoutMs'],
    [{ hedgingDelayMs: -1 }, RangeError, 'hedgingDelayMs'],
    [{ maxRetryAfterMs: -1 }, RangeError, 'maxRetryAfterMs'],
    [{ maxReplayBytes: -1 }, RangeError, 'maxReplayBytes'],
    [{ repeatableMethods: 'GET' }, TypeError, 'repeatableMethods'],
    [{ fetch: {} }, TypeError, 'fetch'],
    [{ balancer: 'roundRobin' }, TypeError, 'balancer'],
    [{ serviceOf: 'web' }, TypeError, 'serviceOf'],
    [{ keyOf: 1 }, TypeError, 'keyOf'],
  ])('refuses %o', (options, type, name) => {
    const create = () => createServiceFetch(resolverOf([]), options as never)
    expect(create).toThrow(type)
    expect(create).toThrow(new RegExp(`^${name} must`))
  })

  it.each([[undefined], [{}], [[{}]], ['web']])('refuses %o as a source', (source) => {
    expect(() => createServiceFetch(source as never)).toThrow(/^source must/)
  })

  it('calls fetch without a receiver, and looks the global one up at each call', async () => {
    const receivers: unknown[] = []
    const unbound = function (this: unknown) {
      receivers.push(this)
      return Promise.resolve(new Response())
    }
    await createServiceFetch(resolverOf(three), { fetch: unbound })('http://web/')
    const serviceFetch = createServiceFetch(resolverOf(three))
    vi.stubGlobal('fetch', unbound)
    await serviceFetch('http://web/')
    expect(receivers).toEqual([undefined, undefined])
  })
})
