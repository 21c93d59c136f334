import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ServiceInstance } from '../../../src/instance/index.ts'
import { consistentHash } from '../../../src/resolver/index.ts'
import { changingSet, instance } from './candidates.ts'

const keys = Array.from({ length: 4000 }, (_, index) => `user-${index}`)
const even = (count: number) => Array.from({ length: count }, (_, index) => instance(`i${index}`))
const owners = (instances: readonly ServiceInstance[], exclude: readonly string[] = []) => {
  const { pick } = consistentHash(instances)
  return keys.map((key) => pick({ key, exclude }).id)
}
const share = (owned: readonly string[], id: string) => owned.filter((each) => each === id).length / owned.length

describe('consistentHash', () => {
  it('gives the same for the same key, in every process and in any order of the set', () => {
    const instances = even(10)
    expect(owners(instances.toReversed())).toEqual(owners(instances))
    // Written down once: another version of this library must agree, or a fleet would disagree while it is updated.
    const { pick } = consistentHash(even(5))
    expect(['', 'a', 'user-1', 'user-2', 'ключ'].map((key) => pick({ key }).id)).toEqual(['i1', 'i0', 'i2', 'i3', 'i3'])
  })

  it('when one leaves, only its own keys move, about 1/n of all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(), (count, which) => {
        const instances = even(count)
        const gone = `i${which % count}`
        const before = owners(instances)
        const after = owners(instances.filter(({ id }) => id !== gone))
        const moved = before.filter((id, index) => id !== after[index])
        expect(new Set(moved)).toEqual(new Set([gone]))
        expect(moved.length / keys.length).toBeLessThan(1 / count + 0.045)
      }),
      { numRuns: 40 },
    )
  })

  it('when one joins, only keys that it takes move, at most 1/n of all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.string({ minLength: 1 }), (count, id) => {
        const before = owners(even(count))
        const after = owners([...even(count), instance(`new-${id}`)])
        const moved = after.filter((each, index) => each !== before[index])
        expect(new Set(moved)).toEqual(new Set([`new-${id}`]))
        expect(moved.length / keys.length).toBeLessThan(1 / (count + 1) + 0.045)
      }),
      { numRuns: 40 },
    )
  })

  it('what leaves is taken over by all others, not by a neighbour', () => {
    const before = owners(even(10))
    const after = owners(even(10).slice(1))
    const heirs = after.filter((_, index) => before[index] === 'i0')
    for (let heir = 1; heir < 10; heir++) expect(share(heirs, `i${heir}`)).toBeGreaterThan(0.05)
  })

  it('gives shares in proportion to the weights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 8 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const owned = owners(weights.map((weight, index) => instance(`i${index}`, { weight })))
        weights.forEach((weight, index) => {
          expect(Math.abs(share(owned, `i${index}`) - weight / total)).toBeLessThan(0.045)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('a weight that grows only draws keys, and does not shuffle the others', () => {
    const before = owners(even(5))
    const after = owners([instance('i0', { weight: 150 }), ...even(5).slice(1)])
    const moved = after.filter((id, index) => id !== before[index])
    expect(new Set(moved)).toEqual(new Set(['i0']))
  })

  it('has a second choice for each key, the same as when the first were gone', () => {
    expect(owners(even(6), ['i3'])).toEqual(owners(even(6).filter(({ id }) => id !== 'i3')))
  })

  it('does not move a key because of where, when or with which tags an instance is stored', () => {
    const source = changingSet(even(5))
    const { pick } = consistentHash(source)
    const before = keys.map((key) => pick({ key }).id)
    source.set(even(5).map((each) => ({ ...each, tags: { a: 'b' }, address: '10.0.0.9:1' })))
    expect(keys.map((key) => pick({ key }).id)).toEqual(before)
  })

  it.each([undefined, {}, { key: 7 }])('refuses to pick by %j', (options) => {
    expect(() => consistentHash(even(2)).pick(options as never)).toThrow(new TypeError('key must be a string'))
  })
})
