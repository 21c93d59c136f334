import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { InstancerEvent } from '../../../src/resolver/index.ts'
import { type FedSet, fedSet } from './fed-set.ts'

const away = new Error('away')

describe('subscribers of one instancer', () => {
  let set: FedSet
  let uncaught: unknown[]
  const onUncaught = (error: unknown) => void uncaught.push(error)
  const subscribe = (listener: (event: InstancerEvent) => void) => set.instancer.subscribe(listener)
  const told = () => {
    const events: InstancerEvent[] = []
    return { events, unsubscribe: subscribe((event) => void events.push(event)) }
  }
  beforeEach(() => {
    uncaught = []
    process.on('uncaughtException', onUncaught)
    set = fedSet()
    set.list('a')
  })
  afterEach(async () => {
    await set.instancer.close()
    process.off('uncaughtException', onUncaught)
  })

  it('one that throws harms no other, and its error is not swallowed', async () => {
    const mistake = new Error('of the user')
    subscribe(() => {
      throw mistake
    })
    const other = told()
    set.put('b')
    set.failed(away)
    set.recovered()
    expect(other.events.map(({ type }) => type)).toEqual(['snapshot', 'snapshot', 'error', 'snapshot'])
    await vi.waitFor(() => expect(uncaught).toEqual([mistake, mistake, mistake, mistake]))
  })

  it('one may leave while it is told', () => {
    const seen: string[] = []
    const leave = subscribe(({ type }) => {
      seen.push(type)
      if (seen.length === 2) leave()
    })
    const other = told()
    set.put('b')
    set.put('c')
    expect(seen).toHaveLength(2)
    expect(other.events).toHaveLength(3)
  })

  it('one that another has taken away is not told any more, the event under way included', () => {
    const victims: (() => void)[] = []
    subscribe(() => {
      for (const leave of victims) leave()
    })
    const victim = told()
    victims.push(victim.unsubscribe)
    const other = told()
    set.put('b')
    expect([victim.events.length, other.events.length]).toEqual([1, 2])
  })

  it('one that comes while others are told has the new set once', () => {
    const newcomers: ReturnType<typeof told>[] = []
    subscribe(({ type }) => {
      if (newcomers.length < 3) newcomers.push(told())
      if (type === 'error') newcomers.push(told())
    })
    set.put('b')
    const [, second] = newcomers
    expect(second?.events).toMatchObject([{ change: { added: [{ id: 'a' }, { id: 'b' }] } }])
    set.failed(away)
    expect(newcomers.at(-1)?.events.map(({ type }) => type)).toEqual(['snapshot', 'error'])
    set.put('c')
    expect(newcomers.map(({ events }) => events.length)).toEqual([4, 3, 3, 3])
  })

  it('after one closes the instancer nobody is told anything, the event under way included', async () => {
    let isFirst = true
    subscribe(() => {
      if (!isFirst) void set.instancer.close()
      isFirst = false
    })
    const other = told()
    const iterator = set.instancer[Symbol.asyncIterator]()
    await iterator.next()
    const waiting = iterator.next()
    set.put('b')
    set.put('c')
    set.failed(away)
    expect(other.events).toHaveLength(1)
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('one that is added twice is told twice, and each leaves for itself', () => {
    const listener = vi.fn()
    const leave = subscribe(listener)
    subscribe(listener)
    set.put('b')
    expect(listener).toHaveBeenCalledTimes(4)
    leave()
    leave()
    set.put('c')
    expect(listener).toHaveBeenCalledTimes(5)
  })

  it('one that changes what it is given gets an error, and the others what they should', async () => {
    subscribe((event) => {
      if (event.type === 'snapshot') (event.change.added as unknown[]).length = 0
    })
    subscribe((event) => {
      if (event.type === 'snapshot') Object.assign(event, { snapshot: undefined })
    })
    subscribe((event) => {
      if (event.type === 'error') Object.assign(event, { error: undefined })
    })
    const other = told()
    set.put('b')
    set.failed(away)
    expect(other.events.slice(1)).toMatchObject([
      { snapshot: { instances: [{ id: 'a' }, { id: 'b' }] }, change: { added: [{ id: 'b' }] } },
      { type: 'error', error: away },
    ])
    await vi.waitFor(() => expect(uncaught.length).toBeGreaterThan(2))
  })

  it('an onRejected that throws harms no set', async () => {
    set = fedSet({
      onRejected() {
        throw away
      },
    })
    set.list('a')
    set.put('bad', { address: 7 })
    expect(set.instancer.snapshot()).toMatchObject({ rejected: 1, instances: [{ id: 'a' }] })
    await vi.waitFor(() => expect(uncaught).toEqual([away]))
  })
})
