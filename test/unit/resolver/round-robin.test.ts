import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fixedEndpointer, random, roundRobin } from '../../../src/resolver/index.ts'
import { changingSet, instance, seeded } from './candidates.ts'

const three = [instance('a'), instance('b'), instance('c')]
const ids = (count: number, pick: () => { readonly id: string }) => Array.from({ length: count }, () => pick().id)

describe('roundRobin', () => {
  it('takes one after the other', () => {
    expect(ids(7, roundRobin(three, { random: () => 0 }).pick)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
  })

  it('starts anywhere, so that many processes do not pile up on the first', () => {
    const dice = seeded()
    const firsts = ids(3000, () => roundRobin(three, { random: dice }).pick())
    for (const id of ['a', 'b', 'c']) expect(firsts.filter((each) => each === id).length).toBeGreaterThan(900)
  })

  it('goes on where it was when the set changes', () => {
    const source = changingSet(three)
    const { pick } = roundRobin(source, { random: () => 0 })
    expect(ids(2, pick)).toEqual(['a', 'b'])
    source.set([...three, instance('d')])
    expect(ids(3, pick)).toEqual(['c', 'd', 'a'])
    source.set(three.slice(0, 2))
    expect(ids(3, pick)).toEqual(['b', 'a', 'b'])
  })

  it('gives each that may be picked one turn in a round, whatever has changed since the last one', () => {
    // Of each two versions, so that a state keeps some of the one before, says some otherwise, and drains some.
    const versions = [...'abcdefgh'].flatMap((id) => [
      instance(id),
      instance(id, { tags: { version: '2' } }),
      instance(id, { weight: 0 }),
    ])
    const states = fc.uniqueArray(fc.constantFrom(...versions), { selector: ({ id }) => id })
    fc.assert(
      fc.property(fc.array(states.map((set) => set.toSorted((a, b) => (a.id < b.id ? -1 : 1)))), (sets) => {
        const source = changingSet([])
        const { pick } = roundRobin(source)
        for (const set of sets) {
          source.set(set)
          const wanted = source.snapshot().instances.filter(({ weight }) => weight > 0)
          if (wanted.length === 0) expect(pick).toThrow(/no instance/)
          else expect(new Set(Array.from(wanted, () => pick()))).toEqual(new Set(wanted))
        }
      }),
    )
  })

  it('gives each exactly its share, however many there are', () => {
    const many = Array.from({ length: 1000 }, (_, index) => instance(`i${index}`))
    expect(new Set(ids(1000, roundRobin(many).pick)).size).toBe(1000)
  })

  // go-kit, sd/lb/round_robin_test.go: TestRoundRobin, but for where it starts.
  it('calls three endpoints in turn', () => {
    const counts = [0, 0, 0]
    const endpoints = counts.map((_, index) => () => {
      counts[index] = (counts[index] ?? 0) + 1
    })
    const balancer = roundRobin(fixedEndpointer(endpoints), { random: () => 0 })
    const seen = Array.from({ length: 7 }, () => {
      balancer.pick()()
      return [...counts]
    })
    expect(seen).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
      [2, 1, 1],
      [2, 2, 1],
      [2, 2, 2],
      [3, 2, 2],
    ])
  })
})

// go-kit, sd/lb/round_robin_test.go: TestRoundRobinNoEndpoints; random_test.go: TestRandomNoEndpoints.
it.each([roundRobin, random])('says so when there are no endpoints (%o)', (create) => {
  expect(() => create(fixedEndpointer([])).pick()).toThrow(expect.objectContaining({ code: 'NO_INSTANCES' }))
})

// go-kit, sd/lb/random_test.go: TestRandom, with a tenth of its picks and a tolerance to match.
it('random gives each of seven endpoints a seventh', () => {
  const counts = Array.from({ length: 7 }, () => 0)
  const endpoints = counts.map((_, index) => () => {
    counts[index] = (counts[index] ?? 0) + 1
  })
  const balancer = random(fixedEndpointer(endpoints), { random: seeded(12_345) })
  for (let pick = 0; pick < 100_000; pick++) balancer.pick()()
  const share = 100_000 / 7
  for (const count of counts) expect(Math.abs(count - share)).toBeLessThan(share * 0.03)
})
