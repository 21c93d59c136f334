import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DeadlineError, type RetryError } from '../../../src/errors.ts'
import { retry, retryWithCallback } from '../../../src/resolver/index.ts'
import { failing, hanging, inOrder, rejection } from './retried-endpoints.ts'

describe('retry', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('hands on the input and the answer, whether the endpoint is async or not', async () => {
    const call = retry(1, 1000, inOrder([(input: number) => input + 1, async (input: number) => input + 2]))
    expect([await call(1), await call(1)]).toEqual([2, 3])
  })

  it('asks the balancer again for each attempt, also when it was the balancer that failed', async () => {
    let asked = 0
    const balancer = {
      pick() {
        asked += 1
        if (asked === 1) throw new Error('nobody yet')
        const attempt = asked
        return () => {
          if (attempt === 2) throw new Error('broken')
          return attempt
        }
      },
    }
    expect(await retry(3, 1000, balancer)(undefined)).toBe(3)
  })

  it('keeps every error as it was, and names the last ones', async () => {
    const thrown = Array.from({ length: 14 }, (_, index) => (index === 12 ? `text ${index}` : new Error(`e${index}`)))
    let attempt = 0
    const broken = () => {
      throw thrown[attempt++]
    }
    const error = await rejection(retry(14, 1000, inOrder([broken]))(undefined))
    expect((error as RetryError).errors).toEqual(thrown)
    expect((error as RetryError).message).toBe('e13 (previously: e3; e4; e5; e6; e7; e8; e9; e10; e11; text 12)')
  })

  it('a replacement without an end is not used', async () => {
    const replacement = new Error('not this')
    const call = retryWithCallback(1000, inOrder([failing('one'), failing('two')]), (attempt) => ({
      keepTrying: attempt < 2,
      replacement: attempt < 2 ? replacement : undefined,
    }))
    expect(await rejection(call(undefined))).toMatchObject({
      final: { message: 'two' },
      errors: [{ message: 'one' }, {}],
    })
  })

  it('a callback that throws ends the call with what it threw', async () => {
    const mine = new Error('mine')
    const call = retryWithCallback(1000, inOrder([failing('x')]), () => {
      throw mine
    })
    expect(await rejection(call(undefined))).toBe(mine)
  })

  it('time is up for all attempts together, with the last error as the cause', async () => {
    const slow = () => new Promise((_, reject) => setTimeout(() => reject(new Error('slow')), 40))
    const late = rejection(retry(999, 100, inOrder([slow]))(undefined))
    await vi.advanceTimersByTimeAsync(100)
    expect(await late).toMatchObject({
      code: 'DEADLINE',
      message: 'no attempt succeeded within 100 ms',
      cause: { message: 'slow' },
    })
    // The attempt that is under way ends by itself.
    await vi.advanceTimersByTimeAsync(20)
  })

  it('attempts that fail at once do not keep timers from running: time is up all the same', async () => {
    let ticks = 0
    const ticking = setInterval(() => ticks++, 10)
    const late = rejection(retryWithCallback(100, inOrder([]))(undefined))
    await vi.advanceTimersByTimeAsync(100)
    expect(await late).toMatchObject({ code: 'DEADLINE', cause: { code: 'NO_INSTANCES' } })
    expect(ticks).toBeGreaterThanOrEqual(9)
    clearInterval(ticking)
  })

  it('all attempts have one signal: aborted when time is up, not by an answer', async () => {
    const { endpoint, signals } = hanging()
    let asked = 0
    const first = (_: unknown, options: { readonly signal: AbortSignal }) => {
      asked += 1
      signals.push(options.signal)
      throw new Error('first')
    }
    const late = rejection(retry(2, 100, inOrder([first, endpoint]))(undefined))
    await vi.advanceTimersByTimeAsync(100)
    const error = await late
    expect(asked).toBe(1)
    expect(signals[0]).toBe(signals[1])
    expect(signals[0]?.reason).toBe(error)

    let kept: AbortSignal | undefined
    const call = retry(
      1,
      100,
      inOrder([(_: unknown, options: { readonly signal: AbortSignal }) => (kept = options.signal)]),
    )
    await call(undefined)
    await vi.advanceTimersByTimeAsync(100)
    expect(kept?.aborted).toBe(false)
  })

  it('an endpoint that looks at its signal only when all is over finds it aborted', async () => {
    let options: { readonly signal: AbortSignal } | undefined
    const endpoint = (_: unknown, given: { readonly signal: AbortSignal }) => {
      options = given
      return new Promise<never>(() => {})
    }
    const late = rejection(retry(1, 100, inOrder([endpoint]))(undefined))
    await vi.advanceTimersByTimeAsync(100)
    expect(options?.signal.reason).toBe(await late)
  })

  it('the caller’s abort ends it with the caller’s reason, and the endpoint is told', async () => {
    const { endpoint, signals } = hanging()
    const controller = new AbortController()
    const ended = rejection(retry(3, 1000, inOrder([endpoint]))(undefined, { signal: controller.signal }))
    controller.abort('mine')
    expect(await ended).toBe('mine')
    expect(signals[0]?.reason).toBe('mine')
  })

  it('between attempts too', async () => {
    const controller = new AbortController()
    let attempts = 0
    const ended = rejection(
      retryWithCallback(1000, inOrder([]), () => {
        attempts += 1
        return { keepTrying: true }
      })(undefined, { signal: controller.signal }),
    )
    controller.abort('mine')
    expect(await ended).toBe('mine')
    expect(vi.getTimerCount()).toBe(0)
    const before = attempts
    await vi.advanceTimersByTimeAsync(50)
    expect(attempts).toBe(before)
  })

  it('a signal that is aborted already ends it before anybody is asked, and no listener stays behind', async () => {
    const pick = vi.fn()
    expect(await rejection(retry(3, 1000, { pick })(undefined, { signal: AbortSignal.abort('mine') }))).toBe('mine')
    expect(pick).not.toHaveBeenCalled()
    const { signal } = new AbortController()
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')]
    await retry(3, 1000, inOrder([() => 'OK']))(undefined, { signal })
    expect(removed.mock.calls.map(([name, listener]) => [name, listener])).toEqual(
      added.mock.calls.map(([name, listener]) => [name, listener]),
    )
    expect(added).toHaveBeenCalledTimes(1)
  })

  it('an attempt that fails after its call is over is nobody’s unhandled rejection, and is not followed by another', async () => {
    const rejects: ((error: Error) => void)[] = []
    const endpoint = () => new Promise<never>((_, reject) => rejects.push(reject))
    const late = rejection(retry(9, 100, inOrder([endpoint]))(undefined))
    await vi.advanceTimersByTimeAsync(100)
    expect(await late).toBeInstanceOf(DeadlineError)
    rejects[0]?.(new Error('much later'))
    await vi.advanceTimersByTimeAsync(10)
    expect(rejects).toHaveLength(1)
  })

  it('calls do not know of each other', async () => {
    const call = retry(3, 1000, inOrder([failing('x'), async (input: string) => input]))
    expect(await Promise.all([call('a'), call('b')])).toEqual(['a', 'b'])
  })

  it('what it gives is an endpoint: it can be what another one retries', async () => {
    const inner = retry(1, 50, inOrder([failing('inner'), async () => 'OK']))
    expect(await retry(2, 1000, { pick: () => inner })(undefined)).toBe('OK')
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses max %d', (max) => {
    expect(() => retry(max, 1000, inOrder([]))).toThrow(RangeError)
    expect(() => retry(max, 1000, inOrder([]))).toThrow(/^max /)
  })

  it.each([0, -1, Number.NaN, 2 ** 31])('refuses timeoutMs %d', (timeoutMs) => {
    expect(() => retry(1, timeoutMs, inOrder([]))).toThrow(RangeError)
    expect(() => retryWithCallback(timeoutMs, inOrder([]))).toThrow(/^timeoutMs /)
  })

  it('refuses what is no balancer and what is no callback', () => {
    expect(() => retry(1, 1000, undefined as never)).toThrow(new TypeError('balancer must have pick()'))
    expect(() => retryWithCallback(1000, inOrder([]), 3 as never)).toThrow(TypeError)
  })
})
