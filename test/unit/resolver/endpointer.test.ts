import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createEndpointer,
  type Endpointer,
  type EndpointerOptions,
  type EndpointFactory,
  fixedEndpointer,
  fixedInstancer,
  type ResolvedInstance,
} from '../../../src/resolver/index.ts'
import { instance } from './candidates.ts'
import { type ToldInstancer, toldInstancer } from './told-instancer.ts'

/** An endpoint that can be told from one that was made for the same instance later. */
interface Made {
  readonly id: string
}

describe('createEndpointer', () => {
  let instancer: ToldInstancer
  let made: string[]
  let closed: string[]
  const factory: EndpointFactory<Made> = ({ id }) => {
    made.push(id)
    return { endpoint: { id }, close: () => void closed.push(id) }
  }
  const open: Endpointer<Made>[] = []
  const create = (options: EndpointerOptions = {}, make = factory) => {
    const endpointer = createEndpointer(instancer, make, options)
    open.push(endpointer)
    return endpointer
  }
  const ids = (endpointer: Endpointer<Made>) => endpointer.endpoints().map(({ id }) => id)

  beforeEach(() => {
    vi.useFakeTimers()
    instancer = toldInstancer()
    made = []
    closed = []
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((endpointer) => endpointer.close()))
    expect(vi.getTimerCount()).toBe(0)
    expect(instancer.subscriberCount()).toBe(0)
    vi.useRealTimers()
  })

  // go-kit, sd/endpoint_cache_test.go: TestEndpointCache.
  it('makes what comes, keeps what stays, keeps all in an error, closes what leaves', () => {
    const endpointer = create()
    instancer.set('a', 'b')
    const [a, b] = endpointer.endpoints()
    instancer.set('a', 'b')
    instancer.fail(new Error('sd error'))
    expect(endpointer.endpoints()).toEqual([a, b])
    expect(closed).toEqual([])
    instancer.set('a')
    expect(closed).toEqual(['b'])
    expect(endpointer.endpoints()).toEqual([a])
    expect(endpointer.endpoints()[0]).toBe(a)
    instancer.set()
    expect(closed).toEqual(['b', 'a'])
    expect(endpointer.endpoints()).toEqual([])
    expect(made).toEqual(['a', 'b'])
  })

  // go-kit, sd/endpoint_cache_test.go: TestEndpointCacheErrorAndTimeout.
  it('with invalidateOnErrorMs: the last endpoints until the time has passed, then the first error', async () => {
    const endpointer = create({ invalidateOnErrorMs: 100 })
    instancer.set('a')
    instancer.fail(new Error('sd error'))
    expect(ids(endpointer)).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(99)
    expect(ids(endpointer)).toEqual(['a'])
    expect(closed).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    // Closed without anybody asking; go-kit waits until somebody does.
    expect(closed).toEqual(['a'])
    expect(() => endpointer.endpoints()).toThrow('sd error')
    instancer.fail(new Error('another sd error'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(() => endpointer.endpoints()).toThrow(/^sd error$/)
    expect(() => endpointer.entries()).toThrow(/^sd error$/)
    expect(closed).toEqual(['a'])
  })

  it('a good set ends the error: everything is made anew', async () => {
    const endpointer = create({ invalidateOnErrorMs: 100 })
    instancer.set('a', 'b')
    instancer.fail(new Error('sd error'))
    await vi.advanceTimersByTimeAsync(100)
    instancer.set('a')
    expect(ids(endpointer)).toEqual(['a'])
    expect(made).toEqual(['a', 'b', 'a'])
    instancer.fail(new Error('second'))
    await vi.advanceTimersByTimeAsync(100)
    expect(() => endpointer.endpoints()).toThrow(/^second$/)
    expect(closed).toEqual(['a', 'b', 'a'])
  })

  it('a good set in time saves the endpoints, and later errors have the whole time again', async () => {
    const endpointer = create({ invalidateOnErrorMs: 100 })
    instancer.set('a')
    instancer.fail(new Error('first'))
    await vi.advanceTimersByTimeAsync(99)
    instancer.set('a')
    await vi.advanceTimersByTimeAsync(1000)
    expect(ids(endpointer)).toEqual(['a'])
    instancer.fail(new Error('second'))
    await vi.advanceTimersByTimeAsync(99)
    expect(ids(endpointer)).toEqual(['a'])
    expect([made, closed]).toEqual([['a'], []])
  })

  it('the time runs from the first error; those that follow do not move it', async () => {
    const endpointer = create({ invalidateOnErrorMs: 100 })
    instancer.set('a')
    instancer.fail(new Error('first'))
    await vi.advanceTimersByTimeAsync(60)
    instancer.fail(new Error('second'))
    await vi.advanceTimersByTimeAsync(40)
    expect(() => endpointer.endpoints()).toThrow(/^first$/)
  })

  it('a process that was frozen past the time sees it at its first question', () => {
    const endpointer = create({ invalidateOnErrorMs: 100 })
    instancer.set('a')
    instancer.fail(new Error('sd error'))
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 101)
    expect(() => endpointer.endpoints()).toThrow('sd error')
    expect(closed).toEqual(['a'])
    vi.restoreAllMocks()
  })

  it('invalidateOnErrorMs 0: not a moment', () => {
    const endpointer = create({ invalidateOnErrorMs: 0 })
    instancer.set('a')
    instancer.fail(new Error('sd error'))
    expect(() => endpointer.endpoints()).toThrow('sd error')
  })

  it('without it an error keeps the last endpoints for ever', async () => {
    const endpointer = create()
    instancer.set('a')
    instancer.fail(new Error('sd error'))
    await vi.advanceTimersByTimeAsync(1_000_000_000)
    expect(ids(endpointer)).toEqual(['a'])
  })

  it('before the first set there is an error, never an empty list: only etcd says empty', async () => {
    const endpointer = create({ invalidateOnErrorMs: 100 })
    expect(() => endpointer.endpoints()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    const failure = new Error('sd error')
    instancer.fail(failure)
    expect(() => endpointer.endpoints()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE', cause: failure }))
    await vi.advanceTimersByTimeAsync(100)
    expect(() => endpointer.endpoints()).toThrow(failure)
    instancer.set()
    expect(endpointer.endpoints()).toEqual([])
  })

  // go-kit, sd/endpoint_cache_test.go: TestBadFactory.
  it('leaves out each instance whose factory throws, and says which; the next change tries it again', () => {
    const refused: [string, unknown][] = []
    let broken = true
    const endpointer = create({ onError: ({ id }, error) => refused.push([id, error]) }, (each) => {
      if (broken && each.id === 'bad') throw new Error('bad factory')
      return factory(each)
    })
    instancer.set('a', 'bad')
    expect(ids(endpointer)).toEqual(['a'])
    expect(refused).toEqual([['bad', new Error('bad factory')]])
    instancer.set('a', 'bad')
    expect(refused).toHaveLength(2)
    broken = false
    instancer.set('a', 'b', 'bad')
    expect(ids(endpointer)).toEqual(['a', 'b', 'bad'])
    expect(made).toEqual(['a', 'b', 'bad'])
  })

  it('an instance whose factory threw is not closed when it leaves: it was never made', () => {
    create({}, () => {
      throw new Error('bad factory')
    })
    instancer.set('a')
    instancer.set()
    expect(closed).toEqual([])
  })

  it('a factory that gives nothing is one that fails', () => {
    const refused = vi.fn()
    const endpointer = create({ onError: refused }, (() => ({})) as never)
    instancer.set('a')
    expect(endpointer.endpoints()).toEqual([])
    expect(refused.mock.calls[0]?.[1]).toEqual(new TypeError('factory must return { endpoint, close? }'))
  })

  it('a close that throws or rejects is told, and harms nobody', async () => {
    const told: [string, unknown][] = []
    const endpointer = create({ onError: ({ id }, error) => told.push([id, error]) }, ({ id }) => ({
      endpoint: { id },
      close: () => {
        if (id === 'a') throw new Error('thrown')
        return Promise.reject(new Error('rejected'))
      },
    }))
    instancer.set('a', 'b', 'c')
    instancer.set('c')
    expect(ids(endpointer)).toEqual(['c'])
    await endpointer.close()
    expect(told.map(([id, error]) => [id, (error as Error).message])).toEqual([
      ['a', 'thrown'],
      ['b', 'rejected'],
      ['c', 'rejected'],
    ])
  })

  it('keeps the endpoint of an instance whose weight or status changes, and gives its new weight', () => {
    const endpointer = create()
    instancer.set(instance('a', { weight: 100 }))
    const [a] = endpointer.endpoints()
    instancer.set(instance('a', { weight: 5, status: 'draining' }))
    expect(endpointer.endpoints()[0]).toBe(a)
    expect(endpointer.entries()).toMatchObject([{ endpoint: { id: 'a' }, instance: { weight: 5, status: 'draining' } }])
    expect([made, closed]).toEqual([['a'], []])
  })

  it.each<[string, Partial<ResolvedInstance>]>([
    ['address', { address: '10.0.0.9:80' }],
    ['scheme', { scheme: 'https' }],
    ['tags', { tags: { tls: 'yes' } }],
    ['version', { version: '2' }],
    ['extra', { extra: { value: 'http://a:80/path' } }],
  ])('an instance that says another %s is another one: made anew before the old one is closed', (_, more) => {
    const order: string[] = []
    create({}, ({ id }) => {
      order.push(`make ${id}`)
      return { endpoint: { id }, close: () => void order.push(`close ${id}`) }
    })
    instancer.set('a')
    instancer.set(instance('a', more))
    expect(order).toEqual(['make a', 'make a', 'close a'])
  })

  it('gives the same frozen list until the set changes', () => {
    const endpointer = create()
    instancer.set('a')
    const [endpoints, entries] = [endpointer.endpoints(), endpointer.entries()]
    expect(endpointer.endpoints()).toBe(endpoints)
    expect(endpointer.entries()).toBe(entries)
    expect([endpoints, entries].every(Object.isFrozen)).toBe(true)
    instancer.set('a', 'b')
    expect(endpoints).toHaveLength(1)
  })

  // go-kit, sd/endpointer_test.go: TestDefaultEndpointer, and the closing that it leaves untested.
  it('closing lets go of the instancer and closes everything once', async () => {
    const endpointer = create({ invalidateOnErrorMs: 60_000 })
    instancer.set('a', 'b')
    instancer.set()
    expect(closed).toEqual(['a', 'b'])
    instancer.set('c')
    await endpointer.close()
    await endpointer.close()
    expect(closed).toEqual(['a', 'b', 'c'])
    expect(instancer.subscriberCount()).toBe(0)
    instancer.set('d')
    expect(made).toEqual(['a', 'b', 'c'])
    expect(() => endpointer.endpoints()).toThrow('the endpointer of "web" is closed')
  })

  it('closing waits for every endpoint that is being closed, those that left before included', async () => {
    const pending: (() => void)[] = []
    const endpointer = create({}, ({ id }) => ({
      endpoint: { id },
      close: () => new Promise<void>((resolve) => pending.push(resolve)),
    }))
    instancer.set('a', 'b')
    instancer.set('b')
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

  it.each([-1, Number.NaN, 2 ** 31])('refuses invalidateOnErrorMs %d', (invalidateOnErrorMs) => {
    expect(() => createEndpointer(instancer, factory, { invalidateOnErrorMs })).toThrow(RangeError)
    expect(() => createEndpointer(instancer, factory, { invalidateOnErrorMs })).toThrow(/^invalidateOnErrorMs /)
  })

  it('refuses a factory that is no function', () => {
    expect(() => createEndpointer(instancer, undefined as never)).toThrow(new TypeError('factory must be a function'))
  })
})

describe('fixedEndpointer', () => {
  it('gives what it was given, also after it was closed, whatever happens to the list', async () => {
    const list = ['a', 'b']
    const endpointer = fixedEndpointer(list)
    list.push('c')
    await endpointer.close()
    expect(endpointer.endpoints()).toEqual(['a', 'b'])
    expect(endpointer.entries()).toEqual([{ endpoint: 'a' }, { endpoint: 'b' }])
  })
})

describe('fixedInstancer', () => {
  it('is an instancer: listed at once, told at once, the same for ever', async () => {
    const instancer = fixedInstancer([{ service: 'web', address: '10.0.0.1:80', weight: 5, zone: 'iad' }])
    await instancer.ready()
    const told = vi.fn()
    instancer.subscribe(told)()
    const snapshot = instancer.snapshot()
    expect(snapshot).toMatchObject({
      service: 'web',
      stale: false,
      instances: [{ id: '10.0.0.1:80', address: '10.0.0.1:80', weight: 5, zone: 'iad', tags: {} }],
    })
    expect(told.mock.calls).toEqual([
      [{ type: 'snapshot', snapshot, change: { added: snapshot.instances, updated: [], removed: [] } }],
    ])
    await instancer.close()
    expect(instancer.snapshot()).toBe(snapshot)
    expect([snapshot, snapshot.instances, snapshot.instances[0]].every(Object.isFrozen)).toBe(true)
  })

  it('takes go-kit’s instance strings, and keeps each as it is for a factory', () => {
    const { instances } = fixedInstancer(['http://1.2.3.4:8080', '[::1]:80'], 'foosvc').snapshot()
    expect(instances).toMatchObject([
      { id: 'http://1.2.3.4:8080', service: 'foosvc', address: '1.2.3.4:8080', scheme: 'http' },
      { id: '[::1]:80', service: 'foosvc', address: '[::1]:80', extra: { value: '[::1]:80' } },
    ])
  })

  it.each([
    [[''], 'value'],
    [['nonsense'], 'value'],
    [[{ service: 'web', address: 'nonsense' }], 'address'],
    [[{ service: 'web', address: '10.0.0.1:80', weight: -1 }], 'weight'],
  ])('refuses %j, naming the %s', (instances, field) => {
    expect(() => fixedInstancer(instances)).toThrow(expect.objectContaining({ code: 'INVALID_INSTANCE', field }))
  })
})
