import { describe, expect, expectTypeOf, it } from 'vitest'
import type { ServiceInstance } from '../../../src/instance/index.ts'
import {
  createEndpointer,
  fixedEndpointer,
  fixedInstancer,
  leastLoaded,
  type ResolvedInstance,
  retry,
  roundRobin,
  weighted,
} from '../../../src/resolver/index.ts'
import { instance } from './candidates.ts'

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
