import { describe, expect, it, vi } from 'vitest'
import { createEndpointer } from '../../../src/resolver/index.ts'
import { ids, useMadeEndpoints } from './made-endpoints.ts'

describe('an endpointer whose instancer tells an error', () => {
  const all = useMadeEndpoints()

  it('with invalidateOnErrorMs: the last endpoints until the time has passed, then the first error', async () => {
    const endpointer = all.create({ invalidateOnErrorMs: 100 })
    all.instancer.set('a')
    all.instancer.fail(new Error('sd error'))
    expect(ids(endpointer)).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(99)
    expect(ids(endpointer)).toEqual(['a'])
    expect(all.closed).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    // Closed without anybody asking; go-kit waits until somebody does.
    expect(all.closed).toEqual(['a'])
    expect(() => endpointer.endpoints()).toThrow('sd error')
    all.instancer.fail(new Error('another sd error'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(() => endpointer.endpoints()).toThrow(/^sd error$/)
    expect(() => endpointer.entries()).toThrow(/^sd error$/)
    expect(all.closed).toEqual(['a'])
  })

  it('a good set ends the error: everything is made anew', async () => {
    const endpointer = all.create({ invalidateOnErrorMs: 100 })
    all.instancer.set('a', 'b')
    all.instancer.fail(new Error('sd error'))
    await vi.advanceTimersByTimeAsync(100)
    all.instancer.set('a')
    expect(ids(endpointer)).toEqual(['a'])
    expect(all.made).toEqual(['a', 'b', 'a'])
    all.instancer.fail(new Error('second'))
    await vi.advanceTimersByTimeAsync(100)
    expect(() => endpointer.endpoints()).toThrow(/^second$/)
    expect(all.closed).toEqual(['a', 'b', 'a'])
  })

  it('a good set in time saves the endpoints, and later errors have the whole time again', async () => {
    const endpointer = all.create({ invalidateOnErrorMs: 100 })
    all.instancer.set('a')
    all.instancer.fail(new Error('first'))
    await vi.advanceTimersByTimeAsync(99)
    all.instancer.set('a')
    await vi.advanceTimersByTimeAsync(1000)
    expect(ids(endpointer)).toEqual(['a'])
    all.instancer.fail(new Error('second'))
    await vi.advanceTimersByTimeAsync(99)
    expect(ids(endpointer)).toEqual(['a'])
    expect([all.made, all.closed]).toEqual([['a'], []])
  })

  it('the time runs from the first error; those that follow do not move it', async () => {
    const endpointer = all.create({ invalidateOnErrorMs: 100 })
    all.instancer.set('a')
    all.instancer.fail(new Error('first'))
    await vi.advanceTimersByTimeAsync(60)
    all.instancer.fail(new Error('second'))
    await vi.advanceTimersByTimeAsync(40)
    expect(() => endpointer.endpoints()).toThrow(/^first$/)
  })

  it('a process that was frozen past the time sees it at its first question', () => {
    const endpointer = all.create({ invalidateOnErrorMs: 100 })
    all.instancer.set('a')
    all.instancer.fail(new Error('sd error'))
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 101)
    expect(() => endpointer.endpoints()).toThrow('sd error')
    expect(all.closed).toEqual(['a'])
    vi.restoreAllMocks()
  })

  it('invalidateOnErrorMs 0: not a moment', () => {
    const endpointer = all.create({ invalidateOnErrorMs: 0 })
    all.instancer.set('a')
    all.instancer.fail(new Error('sd error'))
    expect(() => endpointer.endpoints()).toThrow('sd error')
  })

  it('without it an error keeps the last endpoints for ever', async () => {
    const endpointer = all.create()
    all.instancer.set('a')
    all.instancer.fail(new Error('sd error'))
    await vi.advanceTimersByTimeAsync(1_000_000_000)
    expect(ids(endpointer)).toEqual(['a'])
  })

  it.each([-1, Number.NaN, 2 ** 31])('refuses invalidateOnErrorMs %d', (invalidateOnErrorMs) => {
    expect(() => createEndpointer(all.instancer, all.factory, { invalidateOnErrorMs })).toThrow(RangeError)
    expect(() => createEndpointer(all.instancer, all.factory, { invalidateOnErrorMs })).toThrow(/^invalidateOnErrorMs /)
  })
})
