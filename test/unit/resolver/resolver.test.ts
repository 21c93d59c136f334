import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdClient, type FetchLike } from '../../../src/http-client/index.ts'
import { createResolver, type ResolverOptions } from '../../../src/resolver/index.ts'
import { Store } from './store.ts'

describe('createResolver', () => {
  let store: Store
  const resolverOf = (options?: ResolverOptions) => store.resolver(options)

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 })
    store = new Store()
    store.records = { '/services/web/a': '{"address":"10.0.0.1:80"}' }
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('asks etcd once within maxAgeMs and again after it', async () => {
    const resolver = resolverOf({ maxAgeMs: 1000 })
    const first = await resolver.resolve('web')
    expect(first).toMatchObject({ service: 'web', revision: 10, clusterId: '5', stale: false, updatedAt: 1_000_000 })
    vi.advanceTimersByTime(999)
    expect(await resolver.resolve('web')).toBe(first)
    vi.advanceTimersByTime(1)
    await resolver.resolve('web')
    expect(store.asked).toBe(2)
  })

  it('a snapshot is plain, frozen and survives serialization', async () => {
    const snapshot = await resolverOf().resolve('web')
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
    expect([snapshot, snapshot.instances, snapshot.instances[0]].every(Object.isFrozen)).toBe(true)
  })

  it('etcd away: the last snapshot, marked stale, its age untouched; after maxStaleMs the error', async () => {
    const resolver = resolverOf({ maxAgeMs: 1000, maxStaleMs: 60_000 })
    const good = await resolver.resolve('web')
    store.failure = new TypeError('fetch failed')
    vi.advanceTimersByTime(30_000)
    const stale = await resolver.resolve('web')
    expect(stale).toEqual({ ...good, stale: true })
    vi.advanceTimersByTime(30_001)
    await expect(resolver.resolve('web')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    store.failure = undefined
    expect(await resolver.resolve('web')).toMatchObject({ stale: false, updatedAt: 1_060_001 })
  })

  it('a failure makes nothing fresh beyond maxStaleMs', async () => {
    const resolver = resolverOf({ maxAgeMs: 1000, maxStaleMs: 1500 })
    await resolver.resolve('web')
    store.failure = new TypeError('fetch failed')
    vi.advanceTimersByTime(1000)
    expect((await resolver.resolve('web')).stale).toBe(true)
    vi.advanceTimersByTime(501)
    await expect(resolver.resolve('web')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('while etcd is away not every call waits for it', async () => {
    const resolver = resolverOf({ maxAgeMs: 1000 })
    await resolver.resolve('web')
    store.failure = new TypeError('fetch failed')
    vi.advanceTimersByTime(2000)
    store.asked = 0
    for (let call = 0; call < 10; call++) expect((await resolver.resolve('web')).stale).toBe(true)
    // One read, tried twice.
    expect(store.asked).toBe(2)
  })

  it('a service never seen is an error while etcd is away, never an empty set', async () => {
    store.failure = new TypeError('fetch failed')
    await expect(resolverOf().resolve('web')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('only etcd says empty', async () => {
    store.records = {}
    expect(await resolverOf().resolve('web')).toMatchObject({ instances: [], stale: false })
  })

  it('"strong" asks etcd every time and is never stale', async () => {
    const resolver = resolverOf()
    await resolver.resolve('web')
    await resolver.resolve('web', { consistency: 'strong' })
    expect(store.asked).toBe(2)
    store.failure = new TypeError('fetch failed')
    await expect(resolver.resolve('web', { consistency: 'strong' })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('"stale" asks etcd only when nothing is known', async () => {
    const resolver = resolverOf({ maxAgeMs: 0 })
    await resolver.resolve('web', { consistency: 'stale' })
    vi.advanceTimersByTime(10_000)
    await resolver.resolve('web', { consistency: 'stale' })
    expect(store.asked).toBe(1)
  })

  it('a seeded snapshot serves a cold process, until it is too old', async () => {
    const seed = JSON.parse(JSON.stringify(await resolverOf().resolve('web')))
    const cold = resolverOf({ maxAgeMs: 1000 })
    cold.seed(seed)
    expect((await cold.resolve('web')).instances).toMatchObject([{ id: 'a' }])
    expect(store.asked).toBe(1)
    store.failure = new TypeError('fetch failed')
    vi.advanceTimersByTime(5000)
    expect(await cold.resolve('web')).toMatchObject({ stale: true, instances: [{ id: 'a' }] })
  })

  it('refuses the seed of a name that could leave its directory', async () => {
    const seed = { ...(await resolverOf().resolve('web')), service: '../web' }
    expect(() => resolverOf().seed(seed)).toThrow(expect.objectContaining({ code: 'INVALID_INSTANCE' }))
  })

  it('an expired service is asked for again, and kept for when that fails', async () => {
    const resolver = resolverOf()
    await resolver.resolve('web')
    resolver.expire('web')
    await resolver.resolve('web')
    expect(store.asked).toBe(2)
    resolver.expire('web')
    store.failure = new TypeError('fetch failed')
    expect((await resolver.resolve('web')).stale).toBe(true)
  })

  it('a caller’s abort is its own error, not a reason to serve what is stale', async () => {
    const resolver = resolverOf({ maxAgeMs: 0 })
    await resolver.resolve('web')
    await expect(resolver.resolve('web', { signal: AbortSignal.abort('mine') })).rejects.toBe('mine')
  })

  it('keeps a good record that a bad one has replaced, and counts the bad one', async () => {
    const resolver = resolverOf({ maxAgeMs: 0 })
    await resolver.resolve('web')
    store.records = { '/services/web/a': 'null', '/services/web/b': '{}' }
    expect(await resolver.resolve('web')).toMatchObject({ rejected: 2, instances: [{ id: 'a' }] })
  })

  it('keeps at most maxServices services', async () => {
    const resolver = resolverOf({ maxServices: 2 })
    for (const service of ['a', 'b', 'c', 'a']) await resolver.resolve(service)
    expect(store.asked).toBe(4)
    await resolver.resolve('c')
    expect(store.asked).toBe(4)
  })

  it('lists all services of the root in one request, in order, without strays', async () => {
    store.records = {
      '/services/web/a': '{"address":"10.0.0.1:80"}',
      '/services/api/x': '{"address":"10.0.0.2:80"}',
      '/services/web/b': 'null',
      '/services/stray': 'x',
    }
    const catalog = await resolverOf().resolveAll()
    expect(catalog).toMatchObject({ revision: 10, stale: false, rejected: 2 })
    expect(catalog.services.map(({ service, instances }) => [service, instances.length])).toEqual([
      ['api', 1],
      ['web', 1],
    ])
    expect(store.asked).toBe(1)
  })

  it.each(['', 'a/b', '..', 'Web'])('refuses the name %j before any call', async (service) => {
    await expect(resolverOf().resolve(service)).rejects.toMatchObject({ code: 'INVALID_INSTANCE', field: 'service' })
    expect(store.asked).toBe(0)
  })

  it('of two calls at once the newer answer stays, whichever arrives last', async () => {
    const answers: ((revision: number) => void)[] = []
    const fetch: FetchLike = () =>
      new Promise((resolve) => {
        answers.push((revision) => resolve(new Response(JSON.stringify({ header: { revision: String(revision) } }))))
      })
    const resolver = createResolver(createEtcdClient({ endpoints: ['http://etcd:2379'], fetch }))
    const [slow, quick] = [resolver.resolve('web'), resolver.resolve('web')]
    await vi.waitFor(() => expect(answers).toHaveLength(2))
    answers[1]?.(12)
    await quick
    answers[0]?.(11)
    expect((await slow).revision).toBe(12)
    expect((await resolver.resolve('web')).revision).toBe(12)
  })
})
