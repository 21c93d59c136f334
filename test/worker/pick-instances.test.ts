import type { ServiceInstance } from 'etcd-edge/instance'
import { consistentHash } from 'etcd-edge/resolver'
import { describe, expect, it } from 'vitest'
import { type PickStrategy, pickInstances } from '../../worker/pick-instances.ts'

const instance = (id: string, weight = 100) => ({ id, service: 'web', address: `${id}:80`, weight, tags: {} })

/** Dice that fall the same in each run (mulberry32). */
function seededDice(seed = 1) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const keys = Array.from({ length: 2000 }, (_, index) => `user-${index}`)
const pickByKey = (from: readonly ServiceInstance[], key: string, n = 1) =>
  pickInstances(from, { n, strategy: 'rendezvous', key })

function shares(strategy: PickStrategy, weights: Record<string, number>, rounds = 4000) {
  const instances = Object.entries(weights).map(([id, weight]) => instance(id, weight))
  const random = seededDice()
  const counts: Record<string, number> = {}
  for (let round = 0; round < rounds; round++) {
    const [picked] = pickInstances(instances, { n: 1, strategy, key: `key-${round}`, random })
    if (picked !== undefined) counts[picked.id] = (counts[picked.id] ?? 0) + 1 / rounds
  }
  return counts
}

describe('picking instances', () => {
  it.each(['weighted', 'rendezvous'] as const)('gives each its share by weight: %s', (strategy) => {
    const { light = 0, heavy = 0 } = shares(strategy, { light: 1, heavy: 3 })

    expect(light).toBeGreaterThan(0.2)
    expect(light).toBeLessThan(0.3)
    expect(heavy).toBeCloseTo(1 - light)
  })

  it('gives all the same share with random', () => {
    const { light = 0, heavy = 0 } = shares('random', { light: 1, heavy: 1000 })

    expect(light).toBeGreaterThan(0.45)
    expect(heavy).toBeGreaterThan(0.45)
  })

  it('moves only the keys of an instance that goes, and to one that comes only what it takes: at most 1/n', () => {
    const four = ['a', 'b', 'c', 'd'].map((id) => instance(id))
    const owners = (from: typeof four) => keys.map((key) => pickByKey(from, key)[0]?.id)
    const before = owners(four)
    const without = owners(four.filter(({ id }) => id !== 'b'))
    const withNew = owners([...four, instance('e')])
    const lost = before.filter((id, index) => without[index] !== id)
    const taken = withNew.filter((id, index) => before[index] !== id)

    expect(new Set(before)).toEqual(new Set(['a', 'b', 'c', 'd']))
    expect(new Set(lost)).toEqual(new Set(['b']))
    expect(lost.length / keys.length).toBeLessThan(1 / 4 + 0.04)
    expect(new Set(taken)).toEqual(new Set(['e']))
    expect(taken.length / keys.length).toBeLessThan(1 / 5 + 0.04)
  })

  it('gives a key the same in any order of the set, and as the balancer of the library does', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((id, index) => instance(id, 1 + index))
    const { pick } = consistentHash(five)
    for (const key of keys.slice(0, 50)) {
      expect(pickByKey(five.toReversed(), key)).toEqual(pickByKey(five, key))
      expect(pickByKey(five, key)).toEqual([pick({ key })])
    }
  })

  it('gives a key n different ones, whose order is that in which they would step in for each other', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((id) => instance(id))
    const [first, ...others] = pickByKey(five, 'user-1', 20).map(({ id }) => id)

    expect([first, ...others].sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(pickByKey(five, 'user-1', 3).map(({ id }) => id)).toEqual([first, ...others.slice(0, 2)])
    const left = five.filter(({ id }) => id !== first)
    expect(pickByKey(left, 'user-1', 20).map(({ id }) => id)).toEqual(others)
  })

  it('gives by a key what drains as well, as it is, when that is among those to pick from', () => {
    const draining = { ...instance('a'), status: 'draining' as const }
    expect(pickByKey([draining], 'user-1')).toEqual([draining])
    expect(pickByKey([], 'user-1')).toEqual([])
    // Two records of one address, as somebody may have written by hand, are one id.
    expect(pickByKey([instance('a'), instance('a')], 'user-1', 2)).toEqual([instance('a')])
  })
})
