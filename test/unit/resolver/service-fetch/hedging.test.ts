import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createServiceFetch, type ServiceFetchOptions } from '../../../../src/resolver/index.ts'
import { type Act, broken, inOrder, instance, refused, resolverOf, scriptedFetch } from './scripted-fetch.ts'

const start = (
  script: Readonly<Record<string, Act | readonly Act[]>>,
  options: ServiceFetchOptions = {},
  ids: readonly string[] = ['a', 'b', 'c'],
) => {
  const told: string[] = []
  const line = scriptedFetch(script)
  const serviceFetch = createServiceFetch(resolverOf(ids.map((id) => instance(id))), {
    fetch: line.fetch,
    balancer: inOrder(told),
    hedgingDelayMs: 100,
    ...options,
  })
  const sent = () => line.sent.map(({ url }) => new URL(url).hostname)
  return { serviceFetch, told, line, sent }
}

/** Answers after a while, unless it is aborted; notes what has become of it. */
function answers(ms: number, status: number, events: string[] = [], headers: HeadersInit = {}): Act {
  return ({ init: { signal } }) =>
    new Promise((resolve, reject) => {
      const cancel = () => void events.push('cancelled')
      const timer = setTimeout(
        () =>
          resolve(
            new Response(new ReadableStream({ cancel, start: (sink) => sink.enqueue(new Uint8Array(1)) }), {
              status,
              headers,
            }),
          ),
        ms,
      )
      signal?.addEventListener('abort', () => {
        events.push('aborted')
        clearTimeout(timer)
        reject(signal.reason)
      })
    })
}

const outcomeOf = (call: Promise<Response>) =>
  call.then(
    ({ status }) => status,
    (error: unknown) => error,
  )

describe('hedging', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('asks nobody else when the first answers in time', async () => {
    const { serviceFetch, sent } = start({ a: answers(99, 200) })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(500)
    expect([await call, sent()]).toEqual([200, ['a']])
  })

  it('asks another one after hedgingDelayMs: it wins, the first is aborted, and is not blamed', async () => {
    const events: string[] = []
    const { serviceFetch, sent, told } = start({ a: answers(1000, 200, events), b: answers(10, 201) })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(99)
    expect(sent()).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(11)
    expect([await call, sent(), events]).toEqual([201, ['a', 'b'], ['aborted']])
    expect(told).toEqual(['picked a', 'picked b', 'released b', 'released a'])
  })

  it('gives the first one’s answer when that comes first after all, and aborts the other', async () => {
    const events: string[] = []
    const { serviceFetch, line } = start({ a: answers(150, 200), b: answers(1000, 201, events) })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(150)
    expect([await call, events, line.sent[0]?.init.signal?.aborted]).toEqual([200, ['aborted'], false])
  })

  it('cancels an answer that comes although its attempt was aborted', async () => {
    const late = Promise.withResolvers<Response>()
    const { serviceFetch, told } = start({ a: () => late.promise, b: 200 })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(100)
    expect(await call).toBe(200)
    const cancel = vi.fn()
    late.resolve(new Response(new ReadableStream({ cancel }), { status: 503 }))
    await vi.advanceTimersByTimeAsync(0)
    expect(cancel).toHaveBeenCalledOnce()
    expect(told).not.toContain('failed a')
  })

  it('sends no more than maxAttempts, each to an instance of its own', async () => {
    const three = start({ a: 'hang', b: 'hang', c: answers(50, 200) })
    const call = outcomeOf(three.serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(250)
    expect([await call, three.sent()]).toEqual([200, ['a', 'b', 'c']])
    expect(three.line.events).toEqual(['a aborted', 'b aborted'])
    const two = start({ a: 'hang', b: answers(300, 200), c: 200 }, { maxAttempts: 2 })
    const other = outcomeOf(two.serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(1000)
    expect([await other, two.sent()]).toEqual([200, ['a', 'b']])
  })

  it('does not ask an instance twice at once', async () => {
    const { serviceFetch, sent } = start({ a: answers(1000, 200) }, {}, ['a'])
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(1000)
    expect([await call, sent()]).toEqual([200, ['a']])
  })

  it.each([
    ['POST', {}],
    ['a stream', { method: 'PUT', body: new ReadableStream(), duplex: 'half' }],
  ])('is not for %s', async (_, init) => {
    const { serviceFetch, sent } = start({ a: answers(500, 200) })
    const call = outcomeOf(serviceFetch('http://web/', { method: 'POST', ...init }))
    await vi.advanceTimersByTimeAsync(500)
    expect([await call, sent()]).toEqual([200, ['a']])
  })

  it('is for POST with an idempotency key', async () => {
    const { serviceFetch, sent } = start({ a: 'hang', b: 200 })
    const call = outcomeOf(serviceFetch('http://web/', { method: 'POST', headers: { 'idempotency-key': '1' } }))
    await vi.advanceTimersByTimeAsync(100)
    expect([await call, sent()]).toEqual([200, ['a', 'b']])
  })

  it('goes on with the others when one fails, and lets its answer go', async () => {
    const { serviceFetch, line } = start({ a: answers(150, 200), b: 503 })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(150)
    expect([await call, line.events]).toEqual([200, ['b cancelled']])
  })

  it('retries at once when the first one fails before the delay', async () => {
    const { serviceFetch, sent } = start({ a: refused(), b: 200 })
    expect([await outcomeOf(serviceFetch('http://web/')), sent()]).toEqual([200, ['a', 'b']])
  })

  it('gives the last failure when all fail', async () => {
    const last = broken()
    const fails: Act = () => new Promise((_, reject) => setTimeout(() => reject(last), 100))
    const status = start({ a: answers(250, 503), b: fails }, { maxAttempts: 2 })
    const answered = outcomeOf(status.serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await answered).toBe(503)
    const error = start({ a: answers(150, 503), b: fails }, { maxAttempts: 2 })
    const failed = outcomeOf(error.serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(1000)
    expect([await failed, error.line.sent.length]).toEqual([last, 2])
  })

  it('remembers of each what it has said about Retry-After', async () => {
    const busy = (seconds: string): Act => answers(150, 503, [], { 'retry-after': seconds })
    const { serviceFetch, sent } = start({ a: [busy('1'), 200], b: busy('3') }, {}, ['a', 'b'])
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(1149)
    expect(sent()).toEqual(['a', 'b'])
    await vi.advanceTimersByTimeAsync(1)
    expect([await call, sent()]).toEqual([200, ['a', 'b', 'a']])
  })

  it('ends with all its attempts when the caller gives up or time is over', async () => {
    const controller = new AbortController()
    const given = start({ a: 'hang', b: 'hang' })
    const call = outcomeOf(given.serviceFetch('http://web/', { signal: controller.signal }))
    await vi.advanceTimersByTimeAsync(150)
    controller.abort('mine')
    expect(await call).toBe('mine')
    expect(given.line.events).toEqual(['a aborted', 'b aborted'])
    expect(given.told.filter((line) => line.startsWith('failed'))).toEqual([])
    const limited = start({ a: 'hang', b: 'hang' }, { timeoutMs: 150 })
    const late = outcomeOf(limited.serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(150)
    expect(await late).toMatchObject({ code: 'DEADLINE' })
    expect(limited.line.events).toEqual(['a aborted', 'b aborted'])
  })

  it('leaves each attempt its own time', async () => {
    const { serviceFetch, sent, told } = start({ a: 'hang', b: answers(140, 200) }, { perAttemptTimeoutMs: 150 })
    const call = outcomeOf(serviceFetch('http://web/'))
    await vi.advanceTimersByTimeAsync(240)
    expect([await call, sent()]).toEqual([200, ['a', 'b']])
    expect(told).toContain('failed a')
  })

  it('sends no hedge when the answer comes while an instance is looked for', async () => {
    const answer = Promise.withResolvers<Response>()
    const looking = Promise.withResolvers<void>()
    const line = scriptedFetch({ a: () => answer.promise, b: 200 })
    const quick = resolverOf([instance('a'), instance('b')])
    let asked = 0
    const source = {
      async resolve(service: string) {
        asked += 1
        if (asked > 1) await looking.promise
        return quick.resolve(service)
      },
    }
    const told: string[] = []
    const balancer = inOrder(told)
    const call = outcomeOf(
      createServiceFetch(source, { fetch: line.fetch, balancer, hedgingDelayMs: 100 })('http://web/'),
    )
    await vi.advanceTimersByTimeAsync(100)
    answer.resolve(new Response(null, { status: 204 }))
    await vi.advanceTimersByTimeAsync(0)
    looking.resolve()
    expect(await call).toBe(204)
    expect(line.sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(told).toEqual(['picked a', 'released a', 'picked b', 'released b'])
  })
})
