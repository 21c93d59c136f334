import { kitex } from 'etcd-edge/instance'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp, unreachable } from './discovery-app.ts'

const list = '/api/v1/services/web/instances'

describe('a long list of instances', () => {
  let sd: DiscoveryApp

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    sd = startDiscoveryApp()
  })
  afterEach(async () => {
    vi.useRealTimers()
    await sd[Symbol.asyncDispose]()
  })

  const store = (id: string, service = 'web') =>
    sd.etcd.kv.put(`/services/${service}/${id}`, '{"address":"10.0.4.17:8443"}')
  const get = (query: string) => sd.request(`${list}${query}`)
  const idsOf = async (query: string) =>
    (await (await get(query)).json()).instances.map((instance: { id: string }) => instance.id)

  it('gives pages that all show one revision, whatever happens in between', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await store(id)
    const first = await (await get('?limit=2')).json()
    await sd.etcd.kv.delete('/services/web/c')
    await store('cc')
    const revision = sd.simulator.revision() - 2
    const secondAnswer = await get(`?limit=2&cursor=${first.nextCursor}`)
    const second = await secondAnswer.json()
    const third = await (await get(`?limit=2&cursor=${second.nextCursor}`)).json()

    const ids = [first, second, third].map((page) => page.instances.map(({ id }: { id: string }) => id))
    expect(ids).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect(secondAnswer.headers.get('SD-Revision')).toBe(String(revision))
    expect(first.health.total).toBe(5)
    expect(third).not.toHaveProperty('nextCursor')
  })

  it('keeps the tag of a page while only its cursor moves on', async () => {
    for (const id of ['a', 'b']) await store(id)
    const first = await get('?limit=1')
    await store('x', 'other')
    const second = await get('?limit=1&consistency=strong')

    expect((await second.json()).nextCursor).not.toBe((await first.json()).nextCursor)
    expect(second.headers.get('ETag')).toBe(first.headers.get('ETag'))
  })

  it('gives the next page of a revision that it knows without asking etcd', async () => {
    for (const id of ['a', 'b']) await store(id)
    const { nextCursor } = await (await get('?limit=1')).json()
    sd.cutOff(unreachable)

    expect(await idsOf(`?limit=1&cursor=${nextCursor}`)).toEqual(['b'])
  })

  it('is in the order of the ids also where the keys have another', async () => {
    await using other = startDiscoveryApp({ format: kitex() })
    await other.etcd.kv.put('kitex/registry-etcd/web/a', '{"network":"tcp","address":"10.0.0.2:80","weight":10}')
    await other.etcd.kv.put('kitex/registry-etcd/web/b', '{"network":"tcp","address":"10.0.0.1:80","weight":10}')
    const first = await (await other.request(`${list}?limit=1`)).json()
    const second = await (await other.request(`${list}?limit=1&cursor=${first.nextCursor}`)).json()

    expect([...first.instances, ...second.instances]).toMatchObject([{ id: '10.0.0.1:80' }, { id: '10.0.0.2:80' }])
  })

  it('asks to begin again when the revision of a cursor is compacted', async () => {
    for (const id of ['a', 'b']) await store(id)
    const { nextCursor } = await (await get('?limit=1')).json()
    await store('c')
    await sd.etcd.kv.compact(sd.simulator.revision())
    vi.setSystemTime(Date.now() + 2000)
    const answer = await get(`?limit=1&cursor=${nextCursor}`)

    expect(answer.status).toBe(400)
    expect((await answer.json()).errors).toEqual([{ parameter: 'cursor', detail: expect.stringContaining('again') }])
  })
})
