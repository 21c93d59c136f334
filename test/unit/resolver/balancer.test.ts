import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import type { ServiceInstance } from '../../../src/instance/index.ts'
import {
  type Balancer,
  type BalancerOptions,
  type BalancerSource,
  consistentHash,
  createEndpointer,
  fixedEndpointer,
  fixedInstancer,
  leastLoaded,
  type ResolvedInstance,
  random,
  retry,
  roundRobin,
  weighted,
} from '../../../src/resolver/index.ts'
import { changingSet, instance } from './candidates.ts'

interface Picks {
  pick(exclude?: readonly string[]): string
  reportFailure(id: string): void
}

/**
 * A balancer by ids, so that all of them can be asked the same. For `consistentHash` each pick has a new key; for
 * `leastLoaded` each is over at once.
 */
function byId(create: string, source: BalancerSource, options: BalancerOptions = {}): Picks {
  let key = 0
  const keyed = () => {
    const balancer = consistentHash(source, options)
    return { ...balancer, pick: (more?: object) => balancer.pick({ key: `k${key++}`, ...more }) }
  }
  const released = () => {
    const balancer = leastLoaded(source, options)
    const pick = (more?: object) => {
      const target = balancer.pick(more)
      balancer.release(target)
      return target
    }
    return { ...balancer, pick }
  }
  const creators: Readonly<Record<string, () => Pick<Balancer<unknown>, 'pick' | 'reportFailure'>>> = {
    roundRobin: () => roundRobin(source, options),
    random: () => random(source, options),
    weighted: () => weighted(source, options),
    leastLoaded: released,
    consistentHash: keyed,
  }
  const balancer = creators[create]?.()
  if (balancer === undefined) throw new Error(create)
  return {
    pick: (exclude) => (balancer.pick(exclude && { exclude }) as { readonly id: string }).id,
    reportFailure: (id) => balancer.reportFailure({ id }),
  }
}

const three = [instance('a'), instance('b'), instance('c')]
const picked = (balancer: Picks, exclude?: readonly string[]) =>
  new Set(Array.from({ length: 200 }, () => balancer.pick(exclude)))

describe.each(['roundRobin', 'random', 'weighted', 'leastLoaded', 'consistentHash'])('%s', (name) => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('gives every instance its turn', () => {
    expect(picked(byId(name, three))).toEqual(new Set(['a', 'b', 'c']))
  })

  it('never picks what has weight 0 or is draining', () => {
    const some = [instance('a', { weight: 0 }), instance('b', { status: 'draining' }), instance('c')]
    expect(picked(byId(name, some))).toEqual(new Set(['c']))
  })

  it('does not pick what is excluded', () => {
    expect(picked(byId(name, three), ['a', 'c'])).toEqual(new Set(['b']))
  })

  it.each([
    [[], undefined, /^no instance to pick: there is none$/],
    [[instance('a', { weight: 0 })], undefined, /^no instance of "web" to pick: all are drained$/],
    [[instance('a')], ['a'], /^no instance of "web" to pick: all are excluded$/],
  ])('says why there is nothing to pick (%#)', (instances, exclude, why) => {
    const pick = () => byId(name, instances).pick(exclude)
    expect(pick).toThrow(expect.objectContaining({ code: 'NO_INSTANCES', retryable: true }))
    expect(pick).toThrow(why)
  })

  it('sees what has come, gone and drained at the next pick', () => {
    const source = changingSet(three)
    const balancer = byId(name, source)
    expect(picked(balancer)).toEqual(new Set(['a', 'b', 'c']))
    source.set([instance('b'), instance('c', { status: 'draining' }), instance('d')])
    expect(picked(balancer)).toEqual(new Set(['b', 'd']))
    source.set([])
    expect(() => balancer.pick()).toThrow(expect.objectContaining({ code: 'NO_INSTANCES', service: 'web' }))
    source.set(three)
    expect(picked(balancer)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('leaves an instance that failed alone for ejectMs, and no longer', () => {
    const balancer = byId(name, three, { ejectMs: 1000 })
    balancer.pick()
    balancer.reportFailure('b')
    expect(picked(balancer)).toEqual(new Set(['a', 'c']))
    vi.advanceTimersByTime(999)
    expect(picked(balancer)).toEqual(new Set(['a', 'c']))
    vi.advanceTimersByTime(1)
    expect(picked(balancer)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('counts the time of an ejection from the last failure', () => {
    const balancer = byId(name, three, { ejectMs: 1000 })
    balancer.pick()
    balancer.reportFailure('b')
    vi.advanceTimersByTime(600)
    balancer.reportFailure('b')
    vi.advanceTimersByTime(600)
    expect(picked(balancer)).toEqual(new Set(['a', 'c']))
  })

  it('never leaves everybody alone: when the last one fails, all are back', () => {
    const balancer = byId(name, three)
    balancer.pick()
    for (const id of ['a', 'b']) balancer.reportFailure(id)
    expect(picked(balancer)).toEqual(new Set(['c']))
    balancer.reportFailure('c')
    expect(picked(balancer)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('when all are back, what failed before does not count any more', () => {
    const balancer = byId(name, three, { ejectMs: 1000 })
    balancer.pick()
    for (const id of ['a', 'b', 'c']) {
      balancer.reportFailure(id)
      vi.advanceTimersByTime(300)
    }
    // Otherwise whose time is over first would have to carry all.
    vi.advanceTimersByTime(100)
    expect(picked(balancer)).toEqual(new Set(['a', 'b', 'c']))
    balancer.reportFailure('a')
    expect(picked(balancer)).toEqual(new Set(['b', 'c']))
  })

  it('does not stay with the one that is left alone when all others go', () => {
    const source = changingSet(three)
    const balancer = byId(name, source)
    balancer.pick()
    balancer.reportFailure('a')
    source.set([instance('a')])
    expect(balancer.pick()).toBe('a')
  })

  it('picks one that is left alone rather than none, when all others are excluded', () => {
    const balancer = byId(name, three)
    balancer.pick()
    balancer.reportFailure('a')
    expect(picked(balancer, ['b', 'c'])).toEqual(new Set(['a']))
  })

  it('leaves nobody alone with ejectMs 0, and does not mind reports of whom it does not know', () => {
    const balancer = byId(name, three, { ejectMs: 0 })
    balancer.pick()
    for (const id of ['b', 'nobody']) balancer.reportFailure(id)
    expect(picked(balancer)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('stays in its own zone while somebody is there', () => {
    const source = changingSet([
      instance('a', { zone: 'here' }),
      instance('b', { zone: 'there' }),
      instance('c', { zone: 'here' }),
      instance('d'),
    ])
    const balancer = byId(name, source, { zone: 'here' })
    expect(picked(balancer)).toEqual(new Set(['a', 'c']))
    expect(picked(balancer, ['a'])).toEqual(new Set(['c']))
    expect(picked(balancer, ['a', 'c'])).toEqual(new Set(['b', 'd']))
    source.set([instance('a', { zone: 'here', weight: 0 }), instance('b', { zone: 'there' })])
    expect(picked(balancer)).toEqual(new Set(['b']))
  })

  it('leaves its zone when all there have failed, and comes back when that is over', () => {
    const source = [instance('a', { zone: 'here' }), instance('b', { zone: 'there' })]
    const balancer = byId(name, source, { zone: 'here', ejectMs: 1000 })
    expect(picked(balancer)).toEqual(new Set(['a']))
    balancer.reportFailure('a')
    expect(picked(balancer)).toEqual(new Set(['b']))
    // Left alone is advice, excluded is an order.
    expect(picked(balancer, ['b'])).toEqual(new Set(['a']))
    vi.advanceTimersByTime(1000)
    expect(picked(balancer)).toEqual(new Set(['a']))
  })

  it('does not care for zones without the option', () => {
    expect(picked(byId(name, [instance('a', { zone: 'x' }), instance('b', { zone: 'y' })]))).toEqual(
      new Set(['a', 'b']),
    )
  })

  it.each([-1, Number.NaN, 2 ** 31])('refuses ejectMs %d', (ejectMs) => {
    expect(() => byId(name, three, { ejectMs })).toThrow(RangeError)
    expect(() => byId(name, three, { ejectMs })).toThrow(/^ejectMs /)
  })

  it.each([undefined, null, {}, 'web'])('refuses %j as a source', (source) => {
    expect(() => byId(name, source as never)).toThrow(
      new TypeError('source must be a list of instances, an instancer or an endpointer'),
    )
  })
})

describe('what a balancer picks', () => {
  it('is an instance of a list or of an instancer, with where it was found', () => {
    expect(roundRobin([instance('a')]).pick()).toEqual(instance('a'))
    expect(roundRobin(fixedInstancer(['10.0.0.1:80'])).pick().key).toBe('10.0.0.1:80')
  })

  it('is an endpoint of an endpointer, by the weight and zone of its instance', () => {
    const source = fixedInstancer([
      { service: 'web', address: 'a:80', zone: 'here' },
      { service: 'web', address: 'b:80', zone: 'here', weight: 0 },
      { service: 'web', address: 'c:80', zone: 'there' },
    ])
    const endpointer = createEndpointer(source, ({ address }) => ({ endpoint: () => address }))
    const balancer = roundRobin(endpointer, { zone: 'here' })
    expect([balancer.pick()(), balancer.pick()()]).toEqual(['a:80', 'a:80'])
  })

  it('is told by an endpoint or its instance which one failed, and which one to leave out', () => {
    const source = fixedInstancer(['a:80', 'b:80', 'c:80'])
    const endpointer = createEndpointer(source, ({ address }) => ({ endpoint: () => address }))
    const [a, b] = endpointer.endpoints()
    if (a === undefined || b === undefined) throw new Error('no endpoints')
    const balancer = roundRobin(endpointer)
    const answers = (exclude: Parameters<typeof balancer.pick>[0] = {}) =>
      new Set(Array.from({ length: 9 }, () => balancer.pick(exclude)()))
    expect(answers({ exclude: [a, 'b:80'] })).toEqual(new Set(['c:80']))
    balancer.reportFailure(a)
    expect(answers()).toEqual(new Set(['b:80', 'c:80']))
    balancer.reportFailure({ id: 'b:80' })
    expect(answers()).toEqual(new Set(['c:80']))
  })

  it('is an endpoint without an instance, told apart by itself or by its place', () => {
    const endpoints = [() => 'zero', () => 'one', () => 'two'] as const
    const balancer = roundRobin(fixedEndpointer(endpoints), { random: () => 0 })
    expect([balancer.pick()(), balancer.pick()(), balancer.pick()()]).toEqual(['zero', 'one', 'two'])
    balancer.reportFailure(endpoints[0])
    expect(balancer.pick({ exclude: ['1'] })()).toBe('two')
  })

  it('has the type of what is in the source', () => {
    const instancer = fixedInstancer(['a:80'])
    const endpointer = createEndpointer(instancer, () => ({ endpoint: (input: number) => `${input}` }))
    expectTypeOf(roundRobin(instancer).pick()).toEqualTypeOf<ResolvedInstance>()
    expectTypeOf(roundRobin([instance('a')]).pick()).toEqualTypeOf<ServiceInstance>()
    expectTypeOf(leastLoaded(endpointer).release).parameter(0).toEqualTypeOf<(input: number) => string>()
    expectTypeOf(retry(1, 1000, weighted(endpointer))).returns.resolves.toBeString()
    expectTypeOf(retry(1, 1000, weighted(endpointer)))
      .parameter(0)
      .toBeNumber()
  })

  it('tells that the source has nothing yet, and whatever else the source throws', () => {
    const failure = new Error('not yet')
    const source = {
      service: 'web',
      snapshot() {
        throw failure
      },
    }
    expect(() => roundRobin(source).pick()).toThrow(failure)
  })
})
