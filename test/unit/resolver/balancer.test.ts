import { describe, expect, it } from 'vitest'
import type { ServiceInstance } from '../../../src/instance/index.ts'
import { type Instancer, random, roundRobin } from '../../../src/resolver/index.ts'

const instance = (id: string, more: Partial<ServiceInstance> = {}): ServiceInstance => ({
  id,
  service: 'web',
  address: `${id}:80`,
  weight: 100,
  tags: {},
  ...more,
})
const three = [instance('a'), instance('b'), instance('c')]
const times = (count: number, pick: () => ServiceInstance) => Array.from({ length: count }, () => pick().id)

describe('roundRobin', () => {
  it('takes one after the other, from a random one on', () => {
    const fromSecond = roundRobin(three, () => 0.34)
    expect(times(6, fromSecond.pick)).toEqual(['b', 'c', 'a', 'b', 'c', 'a'])
    const firsts = new Set(Array.from({ length: 100 }, () => roundRobin(three).pick().id))
    expect(firsts.size).toBe(3)
  })

  it('goes on where it was when the set changes', () => {
    let instances: readonly ServiceInstance[] = three
    const source = { service: 'web', snapshot: () => ({ instances }) } as unknown as Instancer
    const balancer = roundRobin(source, () => 0)
    expect(times(2, balancer.pick)).toEqual(['a', 'b'])
    instances = [...three, instance('d')]
    expect(times(3, balancer.pick)).toEqual(['c', 'd', 'a'])
  })
})

it('random gives every instance its turn', () => {
  expect(new Set(times(200, random(three).pick))).toEqual(new Set(['a', 'b', 'c']))
  expect(random(three, () => 0.999).pick().id).toBe('c')
})

describe.each([
  ['roundRobin', roundRobin],
  ['random', random],
] as const)('%s', (_, balancer) => {
  it('never picks what has weight 0 or is draining', () => {
    const some = [instance('a', { weight: 0 }), instance('b', { status: 'draining' }), instance('c')]
    expect(new Set(times(20, balancer(some).pick))).toEqual(new Set(['c']))
  })

  it('does not pick what is excluded', () => {
    const picks = Array.from({ length: 20 }, () => balancer(three).pick({ exclude: ['a', 'c'] }).id)
    expect(new Set(picks)).toEqual(new Set(['b']))
  })

  it.each([
    [[], undefined, /none is registered/],
    [[instance('a', { weight: 0 })], undefined, /all are drained/],
    [[instance('a')], { exclude: ['a'] }, /all are excluded/],
  ])('says why there is nothing to pick (%#)', (instances, options, why) => {
    const pick = () => balancer(instances).pick(options)
    expect(pick).toThrow(expect.objectContaining({ code: 'NO_INSTANCES', retryable: true }))
    expect(pick).toThrow(why)
  })
})
