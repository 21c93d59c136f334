import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdClient } from '../../../src/http-client/index.ts'
import {
  createResolver,
  createServiceFetch,
  type ResolveOptions,
  type Resolver,
  type ResolverOptions,
} from '../../../src/resolver/index.ts'
import { HeldEtcd } from './held-etcd.ts'

/** When all that can happen without etcd has happened. */
const quiet = () => new Promise<'pending'>((resolve) => setImmediate(() => resolve('pending')))

/** `pending` when it has to wait for etcd. */
async function atOnce<Value>(promise: Promise<Value>): Promise<Value | 'pending'> {
  promise.catch(() => {})
  return Promise.race([promise, quiet()])
}

describe('a resolver whose answer becomes too old while many calls are in flight', () => {
  let etcd: HeldEtcd
  let resolver: Resolver
  const resolverOf = (options: ResolverOptions = {}) =>
    createResolver(createEtcdClient({ endpoints: ['http://etcd:2379'], fetch: etcd.fetch, timeoutMs: 60_000 }), options)
  const resolve = (options?: ResolveOptions) => resolver.resolve('web', options)
  /** Asks, and has etcd answer with one instance. */
  const learn = async (revision: number, id: string) => {
    const asking = resolve()
    await quiet()
    etcd.calls.pop()?.answer(revision, id)
    await asking
  }
  const idsOf = async (asking: Promise<{ instances: readonly { id: string }[] }>) => {
    const snapshot = await atOnce(asking)
    return snapshot === 'pending' ? snapshot : snapshot.instances.map(({ id }) => id)
  }

  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    etcd = new HeldEtcd()
    resolver = resolverOf({ maxAgeMs: 1000 })
    await learn(10, 'a')
    vi.advanceTimersByTime(1000)
  })
  afterEach(() => void vi.useRealTimers())

  it('asks once: the others are given what is known, at once and unmarked', async () => {
    const first = resolve()
    const others = await Promise.all([resolve(), resolve(), resolve()])
    expect(others).toMatchObject(Array(3).fill({ revision: 10, stale: false, updatedAt: 1_000_000 }))
    expect(await atOnce(first)).toBe('pending')
    expect(etcd.calls).toHaveLength(1)
    etcd.calls[0]?.answer(11, 'b')
    expect(await idsOf(first)).toEqual(['b'])
    expect(await idsOf(resolve())).toEqual(['b'])
    expect(etcd.calls).toHaveLength(1)
  })

  it('the next one asks as soon as the asker has given up', async () => {
    const controller = new AbortController()
    const first = resolve({ signal: controller.signal })
    await quiet()
    expect(await idsOf(resolve())).toEqual(['a'])
    controller.abort('mine')
    await expect(first).rejects.toBe('mine')
    expect(await idsOf(resolve())).toBe('pending')
    expect(etcd.calls).toHaveLength(2)
  })

  it('etcd fails the asker: for maxAgeMs nobody asks, then one does, and nobody else waits', async () => {
    const first = resolve()
    await atOnce(first)
    for (const attempt of [0, 1]) {
      await vi.waitFor(() => expect(etcd.calls).toHaveLength(attempt + 1))
      etcd.calls[attempt]?.fail(new TypeError('fetch failed'))
    }
    expect(await first).toMatchObject({ stale: true })
    vi.advanceTimersByTime(999)
    expect(await idsOf(resolve())).toEqual(['a'])
    expect(etcd.calls).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(await idsOf(resolve())).toBe('pending')
    expect(await atOnce(resolve())).toMatchObject({ revision: 10, stale: true })
    expect(etcd.calls).toHaveLength(3)
  })

  it('an asker that never comes back is waited for 3 s, then each call asks', async () => {
    void resolve()
    vi.advanceTimersByTime(2999)
    expect(await idsOf(resolve())).toEqual(['a'])
    vi.advanceTimersByTime(1)
    expect([await idsOf(resolve()), await idsOf(resolve())]).toEqual(['pending', 'pending'])
    expect(etcd.calls).toHaveLength(3)
  })

  it('an asker that has less time is waited for no longer', async () => {
    void resolve({ timeoutMs: 500 }).catch(() => {})
    vi.setSystemTime(Date.now() + 499)
    expect(await idsOf(resolve())).toEqual(['a'])
    vi.setSystemTime(Date.now() + 1)
    expect(await idsOf(resolve())).toBe('pending')
  })

  it('an asker that comes back late ends nobody else’s note', async () => {
    const late = new AbortController()
    const first = resolve({ signal: late.signal, timeoutMs: 500 })
    vi.setSystemTime(Date.now() + 500)
    void resolve()
    await quiet()
    late.abort('mine')
    await expect(first).rejects.toBe('mine')
    expect(await idsOf(resolve())).toEqual(['a'])
    expect(etcd.calls).toHaveLength(2)
  })

  it('never gives what is more than 3 s too old: each call asks', async () => {
    vi.advanceTimersByTime(2999)
    void resolve()
    expect(await idsOf(resolve())).toEqual(['a'])
    vi.advanceTimersByTime(1)
    expect(await idsOf(resolve())).toBe('pending')
  })

  it('never gives what is older than maxStaleMs', async () => {
    resolver = resolverOf({ maxAgeMs: 1000, maxStaleMs: 1500 })
    etcd.calls.length = 0
    await learn(10, 'a')
    vi.advanceTimersByTime(1000)
    void resolve()
    expect(await idsOf(resolve())).toEqual(['a'])
    vi.advanceTimersByTime(500)
    expect(await idsOf(resolve())).toBe('pending')
  })

  it('with maxAgeMs 0 each call asks', async () => {
    resolver = resolverOf({ maxAgeMs: 0 })
    await learn(10, 'a')
    const both = [await idsOf(resolve()), await idsOf(resolve())]
    expect([both, etcd.calls.length]).toEqual([['pending', 'pending'], 2])
  })

  it('"strong" asks whoever else does, and keeps nobody from asking', async () => {
    void resolve()
    expect(await idsOf(resolve({ consistency: 'strong' }))).toBe('pending')
    expect(etcd.calls).toHaveLength(2)
    resolver = resolverOf({ maxAgeMs: 1000 })
    etcd.calls.length = 0
    await learn(10, 'a')
    vi.advanceTimersByTime(1000)
    void resolve({ consistency: 'strong' })
    expect(await idsOf(resolve())).toBe('pending')
  })

  it('for a service that is not known each call asks', async () => {
    const both = [await idsOf(resolver.resolve('api')), await idsOf(resolver.resolve('api'))]
    expect([both, etcd.calls.length]).toEqual([['pending', 'pending'], 2])
  })

  it('holds for all services together', async () => {
    resolver = resolverOf({ maxAgeMs: 1000 })
    const learned = resolver.resolveAll()
    await quiet()
    etcd.calls.pop()?.answer(10, 'a')
    const known = await learned
    vi.advanceTimersByTime(1000)
    void resolver.resolveAll()
    expect(await atOnce(resolver.resolveAll())).toBe(known)
    expect(etcd.calls).toHaveLength(1)
  })

  it('after expire nobody is given what was known, and an answer from before does not pass for the one asked for', async () => {
    const before = resolve()
    resolver.expire('web')
    const after = [resolve(), resolve()]
    expect([await idsOf(resolve()), etcd.calls.length]).toEqual(['pending', 4])
    etcd.calls[0]?.answer(11, 'b')
    expect(await idsOf(before)).toEqual(['b'])
    expect([await idsOf(resolve()), etcd.calls.length]).toEqual(['pending', 5])
    etcd.calls[1]?.answer(12, 'c')
    expect((await after[0])?.revision).toBe(12)
    expect(await idsOf(resolve())).toEqual(['c'])
    expect(etcd.calls).toHaveLength(5)
  })

  it('the calls of a service fetch go on while one of them asks', async () => {
    const sent: string[] = []
    const fetch = async (input: string | URL | Request) => {
      sent.push(String(input))
      return new Response()
    }
    const serviceFetch = createServiceFetch(resolver, { fetch })
    const first = serviceFetch('http://web/1')
    await quiet()
    await Promise.all([serviceFetch('http://web/2'), serviceFetch('http://web/3')])
    expect(sent).toEqual(['http://10.0.0.1:80/2', 'http://10.0.0.1:80/3'])
    expect(etcd.calls).toHaveLength(1)
    etcd.calls[0]?.answer(11, 'b')
    expect((await first).status).toBe(200)
  })
})
