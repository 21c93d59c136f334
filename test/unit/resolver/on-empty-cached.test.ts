import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdClient, type FetchLike } from '../../../src/http-client/index.ts'
import { goZero } from '../../../src/instance/index.ts'
import { createResolver, type Resolver, type ResolverOptions } from '../../../src/resolver/index.ts'

const keepLastMs = 60_000

describe('a cached resolver with onEmpty', () => {
  let keys: readonly string[]
  let revision: number
  let failure: Error | undefined
  let value: string
  let resolver: Resolver
  const fetch: FetchLike = async () => {
    if (failure) throw failure
    const kvs = keys.map((key) => ({ key: btoa(key), value: btoa(value), mod_revision: '1' }))
    return Response.json({ header: { cluster_id: '5', revision: String(revision) }, kvs })
  }
  const resolverOf = (options: ResolverOptions) =>
    createResolver(createEtcdClient({ endpoints: ['http://etcd.test'], fetch }), { maxAgeMs: 0, ...options })
  const etcdHas = (...ids: string[]) => {
    keys = ids.map((id) => `/services/web/${id}`)
    revision += 1
  }
  const later = (ms: number) => void vi.setSystemTime(Date.now() + ms)
  const seen = async (options: Parameters<Resolver['resolve']>[1] = {}, from = resolver) => {
    const { instances, stale } = await from.resolve('web', options)
    return { ids: instances.map(({ id }) => id), stale }
  }

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['Date'] })
    revision = 10
    failure = undefined
    value = '{"address":"10.0.0.1:80"}'
    resolver = resolverOf({ onEmpty: { keepLastMs } })
    etcdHas('a', 'b')
  })
  afterEach(() => void vi.useRealTimers())

  it('believes at once that nobody is left, unless told otherwise', async () => {
    for (const options of [{}, { onEmpty: 'accept' as const }]) {
      const accepting = resolverOf(options)
      etcdHas('a')
      await seen({}, accepting)
      etcdHas()
      expect(await seen({}, accepting)).toEqual({ ids: [], stale: false })
    }
  })

  it('gives the last instances, stale, until keepLastMs after etcd first said that there are none', async () => {
    const last = await resolver.resolve('web')
    later(5000)
    etcdHas()
    expect(await resolver.resolve('web')).toEqual({ ...last, stale: true })
    later(keepLastMs - 1)
    expect(await resolver.resolve('web')).toEqual({ ...last, stale: true })
    later(1)
    expect(await seen()).toEqual({ ids: [], stale: false })
    etcdHas()
    expect(await seen()).toEqual({ ids: [], stale: false })
  })

  it('gives the same object each time, frozen: a balancer sees no change', async () => {
    resolver = resolverOf({ onEmpty: { keepLastMs }, maxAgeMs: 1000 })
    await seen()
    later(1000)
    etcdHas()
    const kept = await resolver.resolve('web')
    expect(await resolver.resolve('web')).toBe(kept)
    later(1000)
    expect(await resolver.resolve('web')).toBe(kept)
    expect([kept, kept.instances].every(Object.isFrozen)).toBe(true)
  })

  it('gives all who have left within keepLastMs, for they do not expire in one moment', async () => {
    etcdHas('a', 'b', 'c', 'd')
    await seen()
    for (const left of [['a', 'c', 'd'], ['a', 'd'], ['a']]) {
      etcdHas(...left)
      later(25_000)
      expect(await seen()).toEqual({ ids: left, stale: false })
    }
    etcdHas()
    later(25_000)
    // It is 75 s since b went.
    expect(await seen()).toEqual({ ids: ['a', 'c', 'd'], stale: true })
  })

  it('gives what etcd has as soon as somebody is there again, and who left before comes back only if all go again', async () => {
    await seen()
    etcdHas()
    await seen()
    await seen()
    etcdHas('b')
    expect(await seen()).toEqual({ ids: ['b'], stale: false })
    etcdHas()
    later(1000)
    expect(await seen()).toEqual({ ids: ['a', 'b'], stale: true })
    later(keepLastMs)
    expect(await seen()).toEqual({ ids: [], stale: false })
  })

  it('"strong" gives etcd’s word, and the time counts from there', async () => {
    await seen()
    etcdHas()
    expect(await seen({ consistency: 'strong' })).toEqual({ ids: [], stale: false })
    later(keepLastMs - 1)
    expect(await seen()).toEqual({ ids: ['a', 'b'], stale: true })
    expect(await seen({ consistency: 'stale' })).toEqual({ ids: ['a', 'b'], stale: true })
    expect(await seen({ consistency: 'strong' })).toEqual({ ids: [], stale: false })
    later(1)
    expect(await seen()).toEqual({ ids: [], stale: false })
  })

  it('holds for resolveMany, and not for resolveAll', async () => {
    await seen()
    etcdHas()
    const [web] = await resolver.resolveMany(['web'])
    expect(web).toMatchObject({ stale: true, instances: [{ id: 'a' }, { id: 'b' }] })
    expect((await resolver.resolveMany(['web'], { consistency: 'strong' }))[0]).toMatchObject({ instances: [] })
    expect((await resolver.resolveAll()).services).toEqual([])
  })

  it('etcd away meanwhile: the same, and empty when the time is over', async () => {
    await seen()
    etcdHas()
    await seen()
    failure = new TypeError('fetch failed')
    later(keepLastMs - 1)
    expect(await seen()).toEqual({ ids: ['a', 'b'], stale: true })
    later(1)
    expect(await seen()).toEqual({ ids: [], stale: true })
  })

  it('etcd away before: what it says then counts', async () => {
    await seen()
    failure = new TypeError('fetch failed')
    later(1000)
    await seen()
    failure = undefined
    etcdHas()
    expect(await seen()).toEqual({ ids: ['a', 'b'], stale: true })
  })

  it('brings back nothing that was confirmed longer ago than maxStaleMs', async () => {
    resolver = resolverOf({ onEmpty: { keepLastMs }, maxStaleMs: 10_000 })
    await seen()
    etcdHas()
    later(10_001)
    expect(await seen()).toEqual({ ids: [], stale: false })
  })

  it('believes a first answer that is empty, unless a seed has said otherwise', async () => {
    etcdHas()
    expect(await seen()).toEqual({ ids: [], stale: false })
    etcdHas('a')
    const seed = await resolverOf({}).resolve('web')
    const cold = resolverOf({ onEmpty: { keepLastMs } })
    cold.seed(seed)
    etcdHas()
    expect(await seen({}, cold)).toEqual({ ids: ['a'], stale: true })
  })

  it('narrows what is kept', async () => {
    await seen()
    etcdHas()
    expect(await seen({ filter: { zone: 'nowhere' } })).toEqual({ ids: [], stale: true })
  })

  it('shows those who are kept as the format would', async () => {
    resolver = resolverOf({ onEmpty: { keepLastMs }, format: goZero() })
    value = '10.0.0.1:80'
    for (const lease of ['1', '2']) {
      keys = [`web/${lease}`]
      expect((await seen()).ids).toHaveLength(1)
    }
    keys = []
    expect(await seen()).toMatchObject({ ids: { length: 1 }, stale: true })
  })

  it.each([
    [{ keepLastMs: 0 }, RangeError, 'onEmpty.keepLastMs'],
    [{ keepLastMs: Number.NaN }, RangeError, 'onEmpty.keepLastMs'],
    [{}, RangeError, 'onEmpty.keepLastMs'],
    ['keep', TypeError, 'onEmpty'],
    [null, TypeError, 'onEmpty'],
  ])('%j is refused by name', (onEmpty, kind, name) => {
    const create = () => resolverOf({ onEmpty } as ResolverOptions)
    expect(create).toThrow(kind)
    expect(create).toThrow(name)
  })
})
