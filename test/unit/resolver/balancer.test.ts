import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { byId, type Picks } from './balancer-by-id.ts'
import { changingSet, instance } from './candidates.ts'

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
