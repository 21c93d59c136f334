import { describe, expect, it, vi } from 'vitest'
import { createEndpointer, type ResolvedInstance } from '../../../src/resolver/index.ts'
import { instance } from './candidates.ts'
import { ids, useMadeEndpoints } from './made-endpoints.ts'

describe('createEndpointer', () => {
  const all = useMadeEndpoints()

  // go-kit, sd/endpoint_cache_test.go: TestEndpointCache.
  it('makes what comes, keeps what stays, keeps all in an error, closes what leaves', () => {
    const endpointer = all.create()
    all.instancer.set('a', 'b')
    const [a, b] = endpointer.endpoints()
    all.instancer.set('a', 'b')
    all.instancer.fail(new Error('sd error'))
    expect(endpointer.endpoints()).toEqual([a, b])
    expect(all.closed).toEqual([])
    all.instancer.set('a')
    expect(all.closed).toEqual(['b'])
    expect(endpointer.endpoints()).toEqual([a])
    expect(endpointer.endpoints()[0]).toBe(a)
    all.instancer.set()
    expect(all.closed).toEqual(['b', 'a'])
    expect(endpointer.endpoints()).toEqual([])
    expect(all.made).toEqual(['a', 'b'])
  })

  // go-kit, sd/endpoint_cache_test.go: TestEndpointCacheErrorAndTimeout.
  it('before the first set there is an error, never an empty list: only etcd says empty', async () => {
    const endpointer = all.create({ invalidateOnErrorMs: 100 })
    expect(() => endpointer.endpoints()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    const failure = new Error('sd error')
    all.instancer.fail(failure)
    expect(() => endpointer.endpoints()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE', cause: failure }))
    await vi.advanceTimersByTimeAsync(100)
    expect(() => endpointer.endpoints()).toThrow(failure)
    all.instancer.set()
    expect(endpointer.endpoints()).toEqual([])
  })

  // go-kit, sd/endpoint_cache_test.go: TestBadFactory.
  it('leaves out each instance whose factory throws, and says which; the next change tries it again', () => {
    const refused: [string, unknown][] = []
    let broken = true
    const endpointer = all.create({ onError: ({ id }, error) => refused.push([id, error]) }, (each) => {
      if (broken && each.id === 'bad') throw new Error('bad factory')
      return all.factory(each)
    })
    all.instancer.set('a', 'bad')
    expect(ids(endpointer)).toEqual(['a'])
    expect(refused).toEqual([['bad', new Error('bad factory')]])
    all.instancer.set('a', 'bad')
    expect(refused).toHaveLength(2)
    broken = false
    all.instancer.set('a', 'b', 'bad')
    expect(ids(endpointer)).toEqual(['a', 'b', 'bad'])
    expect(all.made).toEqual(['a', 'b', 'bad'])
  })

  it('an instance whose factory threw is not closed when it leaves: it was never made', () => {
    all.create({}, () => {
      throw new Error('bad factory')
    })
    all.instancer.set('a')
    all.instancer.set()
    expect(all.closed).toEqual([])
  })

  it('a factory that gives nothing is one that fails', () => {
    const refused = vi.fn()
    const endpointer = all.create({ onError: refused }, (() => ({})) as never)
    all.instancer.set('a')
    expect(endpointer.endpoints()).toEqual([])
    expect(refused.mock.calls[0]?.[1]).toEqual(new TypeError('factory must return { endpoint, close? }'))
  })

  it('a close that throws or rejects is told, and harms nobody', async () => {
    const told: [string, unknown][] = []
    const endpointer = all.create({ onError: ({ id }, error) => told.push([id, error]) }, ({ id }) => ({
      endpoint: { id },
      close: () => {
        if (id === 'a') throw new Error('thrown')
        return Promise.reject(new Error('rejected'))
      },
    }))
    all.instancer.set('a', 'b', 'c')
    all.instancer.set('c')
    expect(ids(endpointer)).toEqual(['c'])
    await endpointer.close()
    expect(told.map(([id, error]) => [id, (error as Error).message])).toEqual([
      ['a', 'thrown'],
      ['b', 'rejected'],
      ['c', 'rejected'],
    ])
  })

  it('keeps the endpoint of an instance whose weight or status changes, and gives its new weight', () => {
    const endpointer = all.create()
    all.instancer.set(instance('a', { weight: 100 }))
    const [a] = endpointer.endpoints()
    all.instancer.set(instance('a', { weight: 5, status: 'draining' }))
    expect(endpointer.endpoints()[0]).toBe(a)
    expect(endpointer.entries()).toMatchObject([{ endpoint: { id: 'a' }, instance: { weight: 5, status: 'draining' } }])
    expect([all.made, all.closed]).toEqual([['a'], []])
  })

  it.each<[string, Partial<ResolvedInstance>]>([
    ['address', { address: '10.0.0.9:80' }],
    ['scheme', { scheme: 'https' }],
    ['tags', { tags: { tls: 'yes' } }],
    ['version', { version: '2' }],
    ['extra', { extra: { value: 'http://a:80/path' } }],
  ])('an instance that says another %s is another one: made anew before the old one is closed', (_, more) => {
    const order: string[] = []
    all.create({}, ({ id }) => {
      order.push(`make ${id}`)
      return { endpoint: { id }, close: () => void order.push(`close ${id}`) }
    })
    all.instancer.set('a')
    all.instancer.set(instance('a', more))
    expect(order).toEqual(['make a', 'make a', 'close a'])
  })

  it('gives the same frozen list until the set changes', () => {
    const endpointer = all.create()
    all.instancer.set('a')
    const [endpoints, entries] = [endpointer.endpoints(), endpointer.entries()]
    expect(endpointer.endpoints()).toBe(endpoints)
    expect(endpointer.entries()).toBe(entries)
    expect([endpoints, entries].every(Object.isFrozen)).toBe(true)
    all.instancer.set('a', 'b')
    expect(endpoints).toHaveLength(1)
  })

  // go-kit, sd/endpointer_test.go: TestDefaultEndpointer, and the closing that it leaves untested.
  it('closing lets go of the all.instancer and closes everything once', async () => {
    const endpointer = all.create({ invalidateOnErrorMs: 60_000 })
    all.instancer.set('a', 'b')
    all.instancer.set()
    expect(all.closed).toEqual(['a', 'b'])
    all.instancer.set('c')
    await endpointer.close()
    await endpointer.close()
    expect(all.closed).toEqual(['a', 'b', 'c'])
    expect(all.instancer.subscriberCount()).toBe(0)
    all.instancer.set('d')
    expect(all.made).toEqual(['a', 'b', 'c'])
    expect(() => endpointer.endpoints()).toThrow('the endpointer of "web" is closed')
  })

  it('closing waits for every endpoint that is being all.closed, those that left before included', async () => {
    const pending: (() => void)[] = []
    const endpointer = all.create({}, ({ id }) => ({
      endpoint: { id },
      close: () => new Promise<void>((resolve) => pending.push(resolve)),
    }))
    all.instancer.set('a', 'b')
    all.instancer.set('b')
    let done = false
    const closing = endpointer.close().then(() => {
      done = true
    })
    await vi.advanceTimersByTimeAsync(0)
    expect(pending).toHaveLength(2)
    pending[1]?.()
    await vi.advanceTimersByTimeAsync(0)
    expect(done).toBe(false)
    pending[0]?.()
    await closing
  })

  it('refuses a factory that is no function', () => {
    expect(() => createEndpointer(all.instancer, undefined as never)).toThrow(
      new TypeError('factory must be a function'),
    )
  })
})
