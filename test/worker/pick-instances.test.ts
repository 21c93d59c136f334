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

  it('moves only the keys of an instance that goes', () => {
    const all = ['a', 'b', 'c', 'd'].map((id) => instance(id))
    const pick = (from: typeof all, key: string) => pickInstances(from, { n: 1, strategy: 'rendezvous', key })[0]?.id
    const keys = Array.from({ length: 500 }, (_, index) => `user-${index}`)
    const before = keys.map((key) => pick(all, key))
    const after = keys.map((key) =>
      pick(
        all.filter(({ id }) => id !== 'b'),
        key,
      ),
    )

    expect(new Set(before)).toEqual(new Set(['a', 'b', 'c', 'd']))
    for (const [index, id] of before.entries()) if (id !== 'b') expect(after[index]).toBe(id)
  })
})
