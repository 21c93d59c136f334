import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBackoff, jitter, sleep } from '../../src/backoff.ts'

describe('createBackoff', () => {
  it('doubles the range of each delay and never leaves its upper half', () => {
    const shortest = createBackoff({ baseMs: 100, maxMs: 1000, random: () => 0 })
    const longest = createBackoff({ baseMs: 100, maxMs: 1000, random: () => 0.999999 })
    const delays = (backoff: { next(): number }) => Array.from({ length: 6 }, () => Math.round(backoff.next()))
    expect(delays(shortest)).toEqual([50, 100, 200, 400, 500, 500])
    expect(delays(longest)).toEqual([100, 200, 400, 800, 1000, 1000])
  })

  it('starts over after a reset', () => {
    const backoff = createBackoff({ baseMs: 100, random: () => 0 })
    backoff.next()
    backoff.next()
    backoff.reset()
    expect(backoff.next()).toBe(50)
  })
})

it('jitter stays within its share of the time', () => {
  expect(jitter(1000, 0.1, () => 0)).toBe(900)
  expect(jitter(1000, 0.1, () => 0.5)).toBe(1000)
  expect(jitter(1000, 0.1, () => 0.999999)).toBeCloseTo(1100, 2)
})

describe('sleep', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('resolves when the time is over and leaves no listener on the signal', async () => {
    const controller = new AbortController()
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const slept = sleep(500, controller.signal)
    await vi.advanceTimersByTimeAsync(499)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    await slept
    expect(removed).toHaveBeenCalledTimes(1)
  })

  it('rejects with the very reason of an abort and leaves no timer', async () => {
    const controller = new AbortController()
    const slept = sleep(500, controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(slept).rejects.toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not wait at all when the signal is aborted already', async () => {
    await expect(sleep(500, AbortSignal.abort('no'))).rejects.toBe('no')
    expect(vi.getTimerCount()).toBe(0)
  })
})
