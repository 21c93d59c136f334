import { describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../src/errors.ts'
import { createServiceFetch, type ServiceFetchOptions } from '../../../../src/resolver/index.ts'
import { fixedSet } from './fixed-set.ts'
import { inOrder, instance, resolverOf, scriptedFetch } from './scripted-fetch.ts'
import { hosts, outcomeOf, start, three, useFakeTimers } from './started-fetch.ts'

useFakeTimers()

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
