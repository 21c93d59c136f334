import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { roundRobin, type ServiceSnapshot } from '../../../../src/resolver/index.ts'
import { createResolvedBalancers } from '../../../../src/resolver/service-fetch/resolved-balancers.ts'
import { instance } from './scripted-fetch.ts'

/** A resolver that answers when it is told to. */
function start() {
  const asked: { readonly service: string; answer(id: string): void; fail(error: unknown): void }[] = []
  const resolve = (service: string) =>
    new Promise<ServiceSnapshot>((answer, fail) => {
      asked.push({
        service,
        answer: (id) =>
          answer({ service, instances: [instance(id)], updatedAt: Date.now() } as unknown as ServiceSnapshot),
        fail,
      })
    })
  const made: string[] = []
  const balancers = createResolvedBalancers({ resolve }, (live) => {
    made.push(live.service)
    return roundRobin(live)
  })
  const pick = async (service = 'web') => (await balancers.of(service, undefined)).pick({ key: '' }).id
  return { asked, made, pick }
}

describe('balancers on a resolver', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
  afterEach(() => void vi.useRealTimers())

  it('all ask when nothing is known, and share one balancer', async () => {
    const { asked, made, pick } = start()
    const picks = [pick(), pick()]
    for (const { answer } of asked) answer('a')
    expect(await Promise.all(picks)).toEqual(['a', 'a'])
    expect([asked.length, made]).toEqual([2, ['web']])
  })

  it('go on with what was known while one call asks again', async () => {
    const { asked, pick } = start()
    const first = pick()
    asked[0]?.answer('a')
    await first
    vi.advanceTimersByTime(5000)
    const asking = pick()
    expect(await Promise.all([pick(), pick()])).toEqual(['a', 'a'])
    expect(asked).toHaveLength(2)
    asked[1]?.answer('b')
    expect(await asking).toBe('b')
    // Each service for itself.
    pick('api').catch(() => {})
    expect(asked.map(({ service }) => service)).toEqual(['web', 'web', 'api'])
  })

  it('ask again when the call that did has failed, or has not come back for a while', async () => {
    const { asked, pick } = start()
    const first = pick()
    asked[0]?.answer('a')
    await first
    const failing = pick().catch((error: unknown) => error)
    asked[1]?.fail('etcd is away')
    expect(await failing).toBe('etcd is away')
    const lost = pick()
    vi.advanceTimersByTime(2999)
    expect(await pick()).toBe('a')
    vi.advanceTimersByTime(1)
    const next = pick()
    expect(asked).toHaveLength(4)
    asked[3]?.answer('b')
    expect(await next).toBe('b')
    asked[2]?.answer('c')
    expect(await lost).toBe('c')
  })

  it('ask themselves when what is known is old', async () => {
    const { asked, pick } = start()
    const first = pick()
    asked[0]?.answer('a')
    await first
    vi.advanceTimersByTime(10_000)
    const both = [pick(), pick()]
    expect(asked).toHaveLength(3)
    for (const { answer } of asked) answer('b')
    expect(await Promise.all(both)).toEqual(['b', 'b'])
  })

  it('keep 10,000 services: the one that came first goes', async () => {
    const { asked, made, pick } = start()
    for (let index = 0; index <= 10_000; index++) {
      const picking = pick(`s${index}`)
      asked.at(-1)?.answer('a')
      await picking
    }
    for (const service of ['s1', 's0']) {
      const picking = pick(service)
      asked.at(-1)?.answer('a')
      await picking
    }
    expect(made.slice(10_000)).toEqual(['s10000', 's0'])
  })
})
