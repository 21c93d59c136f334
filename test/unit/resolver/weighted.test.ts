import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { weighted } from '../../../src/resolver/index.ts'
import { changingSet, countsOf, instance, seeded } from './candidates.ts'

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 })
const ofWeights = (list: readonly number[]) => list.map((weight, index) => instance(`i${index}`, { weight }))
const sum = (list: readonly number[]) => list.reduce((total, each) => total + each, 0)

describe('weighted', () => {
  it('spreads the picks of a heavy one, as nginx does: 5, 1, 1 gives a a b a c a a', () => {
    const [a, b, c] = [instance('a', { weight: 5 }), instance('b', { weight: 1 }), instance('c', { weight: 1 })]
    const { pick } = weighted([a, b, c], { random: () => 0 })
    expect(Array.from({ length: 14 }, () => pick().id).join('')).toBe('aabacaaaabacaa')
  })

  it('gives each exactly its weight in every cycle, when it starts as nginx does', () => {
    fc.assert(
      fc.property(weights, fc.nat({ max: 3 }), (list, cycles) => {
        const { pick } = weighted(ofWeights(list), { random: () => 0 })
        countsOf(cycles * sum(list), pick)
        const counts = countsOf(sum(list), pick)
        expect(list.map((_, index) => counts[`i${index}`])).toEqual(list)
      }),
    )
  })

  it('is at no moment far from the weights, wherever it starts', () => {
    fc.assert(
      fc.property(weights, fc.integer(), fc.integer({ min: 1, max: 300 }), (list, seed, picks) => {
        const counts = countsOf(picks, weighted(ofWeights(list), { random: seeded(seed) }).pick)
        list.forEach((weight, index) => {
          const share = (picks * weight) / sum(list)
          expect(Math.abs((counts[`i${index}`] ?? 0) - share)).toBeLessThanOrEqual(2)
        })
      }),
    )
  })

  it('starts anywhere: many processes that start together spread by weight', () => {
    const dice = seeded()
    const even = Array.from({ length: 10 }, (_, index) => instance(`i${index}`))
    const counts = countsOf(5000, () => weighted(even, { random: dice }).pick())
    for (const count of Object.values(counts)) expect(Math.abs(count - 500)).toBeLessThan(120)
  })

  it('goes on where it was when the set changes, and keeps to the new weights', () => {
    const source = changingSet(ofWeights([1, 1, 1]))
    const { pick } = weighted(source, { random: () => 0 })
    expect([pick().id, pick().id]).toEqual(['i0', 'i1'])
    source.set([...ofWeights([1, 1, 1]), instance('new', { weight: 1 })])
    expect(countsOf(4, pick)).toEqual({ i0: 1, i1: 1, i2: 1, new: 1 })
    source.set(ofWeights([3, 1]))
    countsOf(8, pick)
    expect(countsOf(8, pick)).toEqual({ i0: 6, i1: 2 })
  })

  it('keeps to the weights when the set is renewed at each pick', () => {
    const source = changingSet(ofWeights([3, 1, 2]))
    const { pick } = weighted(source, { random: () => 0 })
    const counts = countsOf(60, () => {
      source.set(ofWeights([3, 1, 2]))
      return pick()
    })
    expect(counts).toEqual({ i0: 30, i1: 10, i2: 20 })
  })

  it('keeps the shares of the others while one is excluded', () => {
    const { pick } = weighted(ofWeights([3, 1, 2]), { random: () => 0 })
    const counts = countsOf(400, () => pick({ exclude: ['i2'] }))
    expect(counts).toEqual({ i0: 300, i1: 100 })
  })
})
