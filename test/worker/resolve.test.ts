import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp } from './discovery-app.ts'

const path = '/api/v1/resolve/web'

describe('resolving over HTTP', () => {
  let sd: DiscoveryApp

  beforeEach(() => {
    sd = startDiscoveryApp()
  })
  afterEach(() => sd[Symbol.asyncDispose]())

  const store = (id: string, fields: object = {}) =>
    sd.etcd.kv.put(`/services/web/${id}`, JSON.stringify({ address: `${id}.internal:80`, ...fields }))
  const idsOf = async (query: string): Promise<string[]> =>
    (await (await sd.request(`${path}${query}`)).json()).instances.map(({ id }: { id: string }) => id)

  it('gives one instance, ready to dial, that nobody may keep', async () => {
    await store('a', { scheme: 'https' })
    const response = await sd.request(path)

    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ service: 'web', instances: [{ id: 'a', address: 'a.internal:80' }] })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
  })

  it('gives n different ones, or all when there are fewer', async () => {
    for (const id of ['a', 'b', 'c']) await store(id)

    expect(new Set(await idsOf('?n=2')).size).toBe(2)
    expect((await idsOf('?n=20&strategy=random')).sort()).toEqual(['a', 'b', 'c'])
  })

  it('never gives a drained or draining instance unless asked to', async () => {
    await store('drained', { weight: 0 })
    await store('draining', { status: 'draining' })
    await store('up')

    expect(await idsOf('?n=20')).toEqual(['up'])
    expect((await idsOf('?n=20&health=any')).sort()).toEqual(['draining', 'up'])
    await sd.etcd.kv.delete('/services/web/up')
    expect(await idsOf('?n=20&health=passing-or-any&consistency=strong')).toEqual(['draining'])
  })

  it('picks among those that match', async () => {
    await store('a', { zone: 'iad', version: '1', tags: { env: 'prod' } })
    await store('b', { zone: 'fra', version: '2', tags: { env: 'test' } })

    expect(await idsOf('?n=20&zone=fra')).toEqual(['b'])
    expect(await idsOf('?n=20&version=1&tag=env:prod')).toEqual(['a'])
  })

  it('gives the same key the same instance, in every isolate', async () => {
    const stored = ['a', 'b', 'c', 'd', 'e']
    for (const id of stored) await store(id)
    await using elsewhere = startDiscoveryApp()
    for (const id of stored.toReversed()) {
      await elsewhere.etcd.kv.put(`/services/web/${id}`, JSON.stringify({ address: `${id}.internal:80` }))
    }

    for (const key of ['user-1', 'user-2', 'user-3', 'ключ']) {
      const query = `?strategy=rendezvous&n=3&key=${encodeURIComponent(key)}`
      const first = await idsOf(query)
      expect(await idsOf(query)).toEqual(first)
      const { instances } = await (await elsewhere.request(`${path}${query}`)).json()
      expect(instances.map(({ id }: { id: string }) => id)).toEqual(first)
    }
  })

  it('keeps a key where it is until its instance goes, and then gives its second choice', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await store(id)
    const query = '?strategy=rendezvous&key=user-1&consistency=strong'
    const [first, second, third] = await idsOf(`${query}&n=3`)

    await sd.etcd.kv.delete(`/services/web/${third}`)
    expect(await idsOf(query)).toEqual([first])
    await store(`${first}`, { status: 'draining' })
    expect(await idsOf(query)).toEqual([second])
    expect(await idsOf(`${query}&health=any`)).toEqual([first])
  })

  it('gives plain lines for shell scripts', async () => {
    await store('a', { scheme: 'https' })
    await store('b')
    const hostPorts = await sd.request(`${path}?format=hostport&n=2`)
    const urls = await sd.request(`${path}?format=url&n=2`)

    expect(hostPorts.headers.get('Content-Type')).toMatch(/^text\/plain/)
    expect((await hostPorts.text()).split('\n').sort()).toEqual(['', 'a.internal:80', 'b.internal:80'])
    expect((await urls.text()).split('\n').sort()).toEqual(['', 'http://b.internal:80', 'https://a.internal:80'])
  })

  it('is 503 when there is nobody to dial', async () => {
    const nobody = await sd.request(path)
    expect(nobody.status).toBe(503)
    expect(await nobody.json()).toMatchObject({ type: 'https://sd.test/problems/no-healthy-instances' })

    await store('a', { status: 'draining' })
    expect((await sd.request(`${path}?consistency=strong`)).status).toBe(503)
  })

  it.each([
    ['?n=0', 'n'],
    ['?n=21', 'n'],
    ['?strategy=best', 'strategy'],
    ['?strategy=rendezvous', 'key'],
    ['?key=a', 'key'],
    ['?format=xml', 'format'],
    ['?limit=1', 'limit'],
  ])('refuses %s', async (query, parameter) => {
    const answer = await sd.request(`${path}${query}`)

    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ errors: [{ parameter }] })
  })

  it('gives JSON or text only to those who accept it', async () => {
    await store('a')
    const accept = (query: string, type: string) => sd.request(`${path}${query}`, { headers: { Accept: type } })

    expect((await accept('', 'text/html')).status).toBe(406)
    expect((await accept('?format=url', 'application/json')).status).toBe(406)
    expect((await accept('?format=url', 'text/*;q=0.5, application/json;q=0')).status).toBe(200)
    expect((await accept('', 'text/html, */*;q=0.1')).status).toBe(200)
  })
})
