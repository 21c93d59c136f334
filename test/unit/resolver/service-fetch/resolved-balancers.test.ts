import { describe, expect, it } from 'vitest'
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
  it('all ask when nothing is known, and share one balancer', async () => {
    const { asked, made, pick } = start()
    const picks = [pick(), pick()]
    for (const { answer } of asked) answer('a')
    expect(await Promise.all(picks)).toEqual(['a', 'a'])
    expect([asked.length, made]).toEqual([2, ['web']])
  })

  it('pick among what the resolver has given last, each service for itself', async () => {
    const { asked, made, pick } = start()
    const first = pick()
    asked[0]?.answer('a')
    expect(await first).toBe('a')
    const again = pick()
    asked[1]?.answer('b')
    expect(await again).toBe('b')
    const other = pick('api')
    asked[2]?.answer('c')
    expect(await other).toBe('c')
    expect(made).toEqual(['web', 'api'])
  })

  it('hand on why the resolver cannot say', async () => {
    const { asked, pick } = start()
    const failing = pick()
    asked[0]?.fail('etcd is away')
    await expect(failing).rejects.toBe('etcd is away')
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
