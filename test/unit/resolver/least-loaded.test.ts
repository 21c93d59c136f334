import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fixedEndpointer, leastLoaded, type ResolvedInstance, retry } from '../../../src/resolver/index.ts'
import { changingSet, countsOf, instance, seeded } from './candidates.ts'

const even = (count: number) => Array.from({ length: count }, (_, index) => instance(`i${index}`))

describe('leastLoaded', () => {
  it('takes the less loaded of two, whichever comes first', () => {
    const [a, b] = [instance('a'), instance('b')]
    const { pick } = leastLoaded([a, b], { random: seeded() })
    // Nothing is over: the two take turns in pairs.
    for (let pair = 0; pair < 50; pair++) expect(new Set([pick().id, pick().id]).size).toBe(2)
  })

  it('goes back to whoever has finished', () => {
    const balancer = leastLoaded([instance('a'), instance('b')], { random: seeded() })
    const busy = balancer.pick()
    const idle = balancer.pick()
    balancer.release(idle)
    for (let times = 0; times < 20; times++) {
      expect(balancer.pick().id).toBe(idle.id)
      balancer.release(idle)
    }
    expect(busy.id).not.toBe(idle.id)
  })

  it('counts by id: an instance that was updated meanwhile is still as busy', () => {
    const source = changingSet([instance('a'), instance('b')])
    const balancer = leastLoaded(source, { random: seeded() })
    const before = [balancer.pick(), balancer.pick()]
    source.set([instance('a', { tags: { new: 'yes' } }), instance('b')])
    for (const picked of before) if (picked.id === 'a') balancer.release(picked)
    expect(balancer.pick().id).toBe('a')
  })

  it('does not go below zero: who is released twice is no idler than idle', () => {
    const balancer = leastLoaded([instance('a'), instance('b')], { random: seeded() })
    const first = balancer.pick()
    for (let times = 0; times < 5; times++) balancer.release(first)
    expect(new Set([balancer.pick().id, balancer.pick().id]).size).toBe(2)
  })

  it('holds twice as much on one of twice the weight', () => {
    const { pick } = leastLoaded([instance('a', { weight: 200 }), instance('b', { weight: 100 })], { random: seeded() })
    const { a = 0 } = countsOf(300, pick)
    expect(Math.abs(a - 200)).toBeLessThanOrEqual(2)
  })

  it('gives shares by weight while nothing is in flight', () => {
    const balancer = leastLoaded([instance('a', { weight: 300 }), instance('b', { weight: 100 })], { random: seeded() })
    const counts = countsOf(10_000, () => {
      const picked = balancer.pick()
      balancer.release(picked)
      return picked
    })
    expect(Math.abs((counts.a ?? 0) - 7500)).toBeLessThan(200)
  })

  it('is nearly even when nothing is ever over: two choices leave a gap of a few', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 30 }), fc.integer(), (instances, seed) => {
        const counts = countsOf(instances * 50, leastLoaded(even(instances), { random: seeded(seed) }).pick)
        const loads = even(instances).map(({ id }) => counts[id] ?? 0)
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(20)
        expect(Math.max(...loads)).toBeLessThanOrEqual(50 + 6)
      }),
    )
  })

  it('knows what is in flight whatever comes, goes and is released', () => {
    const pool = even(6)
    const step = fc.oneof(
      fc.constant('pick' as const),
      fc.nat({ max: 20 }).map((index) => ({ release: index })),
      fc.subarray([...pool], { minLength: 1 }).map((instances) => ({ instances })),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, seed) => {
        const source = changingSet(pool)
        const balancer = leastLoaded(source, { random: seeded(seed) })
        const inFlight: ResolvedInstance[] = []
        const loadOf = (id: string) => inFlight.filter((each) => each.id === id).length
        for (const each of steps) {
          if (each === 'pick') {
            const present = source.snapshot().instances.map(({ id }) => loadOf(id))
            const picked = balancer.pick()
            // Of two different ones the better: never the single worst.
            const worse = present.filter((load) => load >= loadOf(picked.id)).length
            if (present.length > 1) expect(worse).toBeGreaterThanOrEqual(2)
            inFlight.push(picked)
          } else if ('release' in each) {
            const [picked] = inFlight.splice(each.release % (inFlight.length || 1), 1)
            if (picked !== undefined) balancer.release(picked)
          } else source.set(each.instances)
        }
      }),
    )
  })

  it('is told by retry when a call is over, well, badly or too late', async () => {
    const calls: { readonly id: string; readonly end: (error?: Error) => void }[] = []
    const endpoint = (id: string) => () =>
      new Promise<string>((resolve, reject) => {
        calls.push({ id, end: (error) => (error === undefined ? resolve(id) : reject(error)) })
      })
    const endpoints = [endpoint('a'), endpoint('b')]
    const balancer = leastLoaded(fixedEndpointer(endpoints), { random: seeded() })
    const call = retry(1, 1000, balancer)
    const answers = [call(undefined), call(undefined)]
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2)
    calls[0]?.end()
    calls[1]?.end(new Error('down'))
    expect(await Promise.allSettled(answers)).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected' }])
    // Both are idle again: two more calls go to both.
    const more = [call(undefined), call(undefined)]
    expect(new Set(calls.slice(2).map(({ id }) => id)).size).toBe(2)
    for (const { end } of calls) end()
    await Promise.all(more)
  })
})
