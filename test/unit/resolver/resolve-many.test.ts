import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { createEtcdClient, type EtcdClient, type FetchLike } from '../../../src/http-client/index.ts'
import { createResolver, type ResolverOptions, type ServiceSnapshot } from '../../../src/resolver/index.ts'
import { createEtcdSimulator, type EtcdSimulator } from '../../../src/testing/index.ts'

const endpoints = ['http://etcd.test']
const ids = (snapshots: readonly ServiceSnapshot[]) => snapshots.map(({ instances }) => instances.map(({ id }) => id))

describe('resolveMany', () => {
  let simulator: EtcdSimulator
  let etcd: EtcdClient
  let calls: string[]
  let cutOff: boolean
  const fetch: FetchLike = (input, init) => {
    calls.push(new URL(input).pathname)
    return cutOff ? Promise.reject(new TypeError('fetch failed')) : simulator.fetch(input, init)
  }
  const resolverOf = (options: ResolverOptions = {}) => createResolver(createEtcdClient({ endpoints, fetch }), options)
  const put = (service: string, id: string, zone = 'iad') =>
    etcd.kv.put(`/services/${service}/${id}`, JSON.stringify({ address: '10.0.0.1:80', zone }))
  const later = (ms: number) => void vi.setSystemTime(Date.now() + ms)

  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['Date'] })
    calls = []
    cutOff = false
    simulator = createEtcdSimulator()
    etcd = createEtcdClient({ endpoints, fetch: simulator.fetch })
    await put('web', 'w')
    await put('api', 'a', 'fra')
  })
  afterEach(async () => {
    vi.useRealTimers()
    await simulator[Symbol.asyncDispose]()
  })

  it('gives the snapshots in the order of the names, in one request and of one revision', async () => {
    const [web, api, none, again] = await resolverOf().resolveMany(['web', 'api', 'nobody', 'web'])
    expect(ids([web, api, none, again])).toEqual([['w'], ['a'], [], ['w']])
    expect([web, api, none, again]).toMatchObject(
      ['web', 'api', 'nobody', 'web'].map((service) => ({ service, revision: 3, stale: false, updatedAt: 1_000_000 })),
    )
    expect([web, web.instances].every(Object.isFrozen)).toBe(true)
    expect(calls).toEqual(['/v3/kv/txn'])
    expectTypeOf(web).toEqualTypeOf<ServiceSnapshot>()
  })

  it('takes a list of any length', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `s${index}`)
    const snapshots = await resolverOf().resolveMany(names)
    expect(snapshots.map(({ service }) => service)).toEqual(names)
    expect(calls).toEqual(['/v3/kv/txn', '/v3/kv/txn', '/v3/kv/txn'])
    expectTypeOf(snapshots).toEqualTypeOf<readonly ServiceSnapshot[]>()
  })

  it('asks for nothing when there are no names', async () => {
    expect(await resolverOf().resolveMany([])).toEqual([])
    expect(calls).toEqual([])
  })

  it('asks only for what is not known, and what it finds is known from then on', async () => {
    const resolver = resolverOf()
    const web = await resolver.resolve('web')
    await put('web', 'w2')
    await put('db', 'd')
    const bodies = vi.spyOn(simulator, 'fetch')
    const [known, api, db] = await resolver.resolveMany(['web', 'api', 'db'])
    expect(known).toBe(web)
    expect([api.revision, db.revision]).toEqual([5, 5])
    expect(JSON.parse(String(bodies.mock.lastCall?.[1]?.body)).success).toHaveLength(2)
    expect(await resolver.resolve('api')).toBe(api)
    expect(await resolver.resolveMany(['web', 'api', 'db'])).toEqual([web, api, db])
    expect(calls).toEqual(['/v3/kv/range', '/v3/kv/txn'])
  })

  it('asks for all that are too old, and for all of them with "strong"', async () => {
    const resolver = resolverOf({ maxAgeMs: 1000 })
    await resolver.resolveMany(['web', 'api'])
    await put('api', 'a2')
    expect(ids(await resolver.resolveMany(['web', 'api'], { consistency: 'strong' }))).toEqual([['w'], ['a', 'a2']])
    await put('web', 'w2')
    later(1000)
    expect(ids(await resolver.resolveMany(['web', 'api'], { consistency: 'stale' }))).toEqual([['w'], ['a', 'a2']])
    expect(ids(await resolver.resolveMany(['web', 'api']))).toEqual([
      ['w', 'w2'],
      ['a', 'a2'],
    ])
    expect(calls).toHaveLength(3)
  })

  it('while it asks, single calls are given what is known', async () => {
    const resolver = resolverOf({ maxAgeMs: 1000 })
    await resolver.resolveMany(['web', 'api'])
    later(1000)
    const asking = resolver.resolveMany(['web', 'api'])
    await Promise.all([resolver.resolve('web'), resolver.resolve('api'), resolver.resolveMany(['api', 'web'])])
    await asking
    expect(calls).toHaveLength(2)
  })

  it('etcd away: each is its last good one, marked stale, until maxStaleMs', async () => {
    const resolver = resolverOf({ maxAgeMs: 1000, maxStaleMs: 60_000 })
    await resolver.resolveMany(['web', 'api'])
    cutOff = true
    later(2000)
    const stale = await resolver.resolveMany(['web', 'api', 'web'])
    const web = { service: 'web', stale: true, updatedAt: 1_000_000, instances: [{ id: 'w' }] }
    const api = { service: 'api', stale: true, updatedAt: 1_000_000, instances: [{ id: 'a' }] }
    expect(stale).toMatchObject([web, api, web])
    calls.length = 0
    expect(await resolver.resolveMany(['api', 'web'])).toEqual([stale[1], stale[2]])
    expect(calls).toEqual([])
    await expect(resolver.resolveMany(['web', 'api'], { consistency: 'strong' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    later(58_001)
    await expect(resolver.resolveMany(['web', 'api'])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    cutOff = false
    expect(await resolver.resolveMany(['web', 'api'])).toMatchObject([{ stale: false }, { stale: false }])
  })

  it('etcd away, and nothing known of one of them: the error, and no answer in part', async () => {
    const resolver = resolverOf()
    await resolver.resolveMany(['web', 'api'])
    cutOff = true
    await expect(resolver.resolveMany(['web', 'unseen', 'api'])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('an abort is the caller’s own, and the next call asks', async () => {
    const resolver = resolverOf({ maxAgeMs: 1000 })
    await resolver.resolveMany(['web', 'api'])
    later(1000)
    const signal = AbortSignal.abort('mine')
    await expect(resolver.resolveMany(['web', 'api'], { signal })).rejects.toBe('mine')
    await put('web', 'w2')
    expect(ids(await resolver.resolveMany(['web', 'api']))).toEqual([['w', 'w2'], ['a']])
  })

  it('what is asked together stays of one revision when somebody learns more meanwhile', async () => {
    const resolver = resolverOf()
    let web: ServiceSnapshot | undefined
    const answer = simulator.fetch
    vi.spyOn(simulator, 'fetch').mockImplementationOnce(async (...request) => {
      const answered = await answer(...request)
      await etcd.kv.put('/services/web/w2', '{"address":"10.0.0.1:80"}')
      web = await resolver.resolve('web')
      return answered
    })
    const together = await resolver.resolveMany(['web', 'api'])
    expect(together.map(({ revision }) => revision)).toEqual([3, 3])
    expect(ids([together[0], ...(web ? [web] : [])])).toEqual([['w'], ['w', 'w2']])
    expect(await resolver.resolve('web')).toBe(web)
  })

  it('narrows each by the filter, and keeps all', async () => {
    const resolver = resolverOf({ filter: { zone: 'iad' } })
    expect(ids(await resolver.resolveMany(['web', 'api']))).toEqual([['w'], []])
    expect(ids(await resolver.resolveMany(['web', 'api'], { filter: { zone: 'fra' } }))).toEqual([[], ['a']])
    expect(calls).toHaveLength(1)
  })

  it('refuses what is wrong before any call', async () => {
    const resolver = resolverOf()
    await expect(resolver.resolveMany(['web', '../x'])).rejects.toMatchObject({ code: 'INVALID_INSTANCE' })
    await expect(resolver.resolveMany('web' as never)).rejects.toThrow(
      new TypeError('names must be an array of service names'),
    )
    await expect(resolver.resolveMany(['web'], { filter: { zone: 7 as never } })).rejects.toThrow(TypeError)
    expect(calls).toEqual([])
  })
})
