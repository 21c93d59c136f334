import { describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../src/errors.ts'
import { createServiceFetch, type ServiceFetchOptions } from '../../../../src/resolver/index.ts'
import { type Act, broken, inOrder, instance, refused, resolverOf, scriptedFetch } from './scripted-fetch.ts'
import { busy, hosts, outcomeOf, start, useFakeTimers } from './started-fetch.ts'

useFakeTimers()

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
