import { describe, expect, it, vi } from 'vitest'
import { createServiceFetch, type ServiceFetch } from '../../../../src/resolver/index.ts'
import { inOrder, instance, refused, resolverOf, scriptedFetch } from './scripted-fetch.ts'
import { busy, outcomeOf, start, three, useFakeTimers } from './started-fetch.ts'

useFakeTimers()

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
