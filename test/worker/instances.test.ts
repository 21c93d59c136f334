import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp } from './discovery-app.ts'

const list = '/api/v1/services/web/instances'

describe('listing instances over HTTP', () => {
  let sd: DiscoveryApp

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    sd = startDiscoveryApp()
  })
  afterEach(async () => {
    vi.useRealTimers()
    await sd[Symbol.asyncDispose]()
  })

  const store = (id: string, fields: object = {}, service = 'web') =>
    sd.etcd.kv.put(`/services/${service}/${id}`, JSON.stringify({ address: '10.0.4.17:8443', ...fields }))
  const get = (query = '', headers: Record<string, string> = {}) => sd.request(`${list}${query}`, { headers })
  const idsOf = async (query: string) =>
    (await (await get(query)).json()).instances.map((instance: { id: string }) => instance.id)

  it('shows the instances with their fields in order, the health of the service, and whence it all comes', async () => {
    const { revision } = await store('web-7f3a', {
      scheme: 'https',
      weight: 100,
      tags: { rack: 'r1', env: 'prod' },
      version: '1.8.2',
      zone: 'iad',
    })
    await store('web-9', { status: 'draining' })
    await store('x', {}, 'web2')
    const response = await get()

    expect(response.status).toBe(200)
    expect(await response.text()).toBe(
      '{"service":"web","health":{"status":"degraded","passing":1,"draining":1,"total":2},"instances":' +
        '[{"id":"web-7f3a","service":"web","address":"10.0.4.17:8443","scheme":"https","weight":100,"zone":"iad",' +
        '"version":"1.8.2","tags":{"env":"prod","rack":"r1"},"status":"passing",' +
        `"createRevision":${revision},"modRevision":${revision}}]}`,
    )
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      etag: expect.stringMatching(/^W\/"[0-9a-f]{4}-[0-9a-f]+"$/),
      'sd-revision': String(revision + 2),
      'cache-control': 'private, max-age=1, stale-while-revalidate=10, stale-if-error=300',
      'cache-status': 'etcd-edge; fwd=miss',
      'request-id': expect.stringMatching(/\S/),
    })
    expect(response.headers.has('Age')).toBe(false)
  })

  it('answers from its memory for MAX_AGE_MS, and says so', async () => {
    await store('a')
    await get()
    vi.setSystemTime(Date.now() + 400)
    sd.calls.length = 0

    expect((await get()).headers.get('Cache-Status')).toBe('etcd-edge; hit; ttl=1')
    expect(sd.calls).toEqual([])
    vi.setSystemTime(Date.now() + 600)
    expect((await get()).headers.get('Cache-Status')).toBe('etcd-edge; fwd=miss')
    expect(sd.calls).toEqual(['/v3/kv/range'])
  })

  it('asks etcd every time with consistency=strong, and never with consistency=stale while something is known', async () => {
    await store('a')
    await get()
    await store('b')

    expect(await idsOf('?consistency=stale')).toEqual(['a'])
    vi.setSystemTime(Date.now() + 60_000)
    const stale = await get('?consistency=stale')
    expect(stale.headers.get('Age')).toBe('60')
    expect((await stale.json()).instances).toHaveLength(1)
    const strong = await get('?consistency=strong')
    expect((await strong.json()).instances).toHaveLength(2)
    expect(strong.headers.get('Cache-Control')).toBe('private, no-cache')
  })

  it('says [] with 200 for a service that etcd knows nothing of', async () => {
    const response = await get()

    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      service: 'web',
      health: { status: 'unavailable', passing: 0, draining: 0, total: 0 },
      instances: [],
    })
  })

  it('keeps only what matches every condition', async () => {
    await store('a', { zone: 'iad', version: '1', tags: { env: 'prod', rack: 'r:1' } })
    await store('b', { zone: 'iad', version: '2', tags: { env: 'prod' } })
    await store('c', { zone: 'fra', version: '2', tags: { env: 'test' }, status: 'draining' })

    expect(await idsOf('')).toEqual(['a', 'b'])
    expect(await idsOf('?health=any')).toEqual(['a', 'b', 'c'])
    expect(await idsOf('?zone=iad&version=2')).toEqual(['b'])
    expect(await idsOf('?tag=env:prod&tag=rack:r:1')).toEqual(['a'])
    expect(await idsOf('?tag=constructor:x')).toEqual([])
    expect(await idsOf('?zone=fra')).toEqual([])
    expect(await idsOf('?zone=fra&health=passing-or-any')).toEqual(['c'])
    expect(await idsOf('?health=passing-or-any')).toEqual(['a', 'b'])
    expect((await (await get('?zone=fra')).json()).health).toEqual({
      status: 'unavailable',
      passing: 0,
      draining: 1,
      total: 1,
    })
  })

  it('gives the same bytes and the same tag for the same state, whatever else was written', async () => {
    await store('a', { tags: { x: '1', y: '2' } })
    const first = await get()
    await store('b', {}, 'other')
    const second = await get('?consistency=strong')

    expect(Number(second.headers.get('SD-Revision'))).toBe(Number(first.headers.get('SD-Revision')) + 1)
    expect(second.headers.get('ETag')).toBe(first.headers.get('ETag'))
    expect(await second.text()).toBe(await first.text())
  })

  it('gives another tag when something that is shown changes, and on another cluster', async () => {
    await store('a')
    const tag = (await get()).headers.get('ETag')
    await store('a', { weight: 7 })
    await using elsewhere = startDiscoveryApp()
    await elsewhere.etcd.kv.put('/services/web/a', JSON.stringify({ address: '10.0.4.17:8443' }))

    expect((await get('?consistency=strong')).headers.get('ETag')).not.toBe(tag)
    expect((await elsewhere.request(list)).headers.get('ETag')).not.toBe(tag)
  })

  it.each([(tag: string) => tag, (tag: string) => tag.slice(2), (tag: string) => `"x", ${tag}`, () => '*'])(
    'answers 304 with revision and tag, and without a body, to whoever has it already (%#)',
    async (toHeader) => {
      await store('a')
      const tag = (await get()).headers.get('ETag') ?? ''
      const again = await get('', { 'If-None-Match': toHeader(tag) })

      expect(again.status).toBe(304)
      expect(await again.text()).toBe('')
      expect(again.headers.get('ETag')).toBe(tag)
      expect(again.headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
      expect(again.headers.get('Cache-Control')).toContain('max-age=1')
      expect(again.headers.get('Request-Id')).toBeTruthy()
    },
  )

  it('answers 200 to a tag that is not current', async () => {
    await store('a')

    expect((await get('', { 'If-None-Match': 'W/"0000-1"' })).status).toBe(200)
  })

  it('answers HEAD as GET, without the body', async () => {
    await store('a')
    const head = await sd.request(list, { method: 'HEAD' })

    expect(head.status).toBe(200)
    expect(head.headers.get('ETag')).toBe((await get()).headers.get('ETag'))
    expect(await head.text()).toBe('')
  })

  it('counts a record that cannot be read neither as an instance nor as a failure', async () => {
    await store('a')
    await sd.etcd.kv.put('/services/web/b', 'not a record')

    expect(await idsOf('')).toEqual(['a'])
  })

  it.each([
    ['?helth=any', 'helth'],
    ['?health=sick', 'health'],
    ['?health=any&health=any', 'health'],
    ['?tag=env', 'tag'],
    ['?zone=', 'zone'],
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?limit=1.5', 'limit'],
    ['?cursor=nonsense', 'cursor'],
    ['?consistency=eventual', 'consistency'],
    ['?since=-1', 'since'],
    ['?since=abc&wait=1s', 'since'],
    ['?since=1&wait=1', 'wait'],
    ['?wait=1s', 'wait'],
    ['?__proto__=1', '__proto__'],
    ['?near=iad', 'near'],
  ])('refuses %s and names the parameter', async (query, parameter) => {
    const answer = await get(query)

    expect(answer.status).toBe(400)
    expect((await answer.json()).errors).toEqual([{ parameter, detail: expect.stringMatching(/\w/) }])
    expect(sd.calls).toEqual([])
  })

  it.each(['UP', 'a%2Fb', '%00', '-', 'a'.repeat(129)])(
    'refuses the service name %s before any call',
    async (service) => {
      for (const path of [`/api/v1/services/${service}/instances`, `/api/v1/resolve/${service}`]) {
        const answer = await sd.request(path)
        expect(answer.status).toBe(400)
        expect((await answer.json()).errors).toEqual([{ parameter: 'service', detail: expect.any(String) }])
      }
      expect(sd.calls).toEqual([])
    },
  )

  it('names every wrong parameter at once', async () => {
    const { errors } = await (await get('?limit=0&health=sick&x=1')).json()

    expect(errors.map(({ parameter }: { parameter: string }) => parameter).sort()).toEqual(['health', 'limit', 'x'])
  })
})

describe('one instance over HTTP', () => {
  it('is shown as in the list, with a tag of its own', async () => {
    await using sd = startDiscoveryApp()
    await sd.etcd.kv.put('/services/web/a', '{"address":"10.0.0.1:80","status":"draining"}')
    await sd.etcd.kv.put('/services/web/b', '{"address":"10.0.0.2:80"}')
    const response = await sd.request(`${list}/a`)
    const tag = response.headers.get('ETag') ?? ''

    expect(await response.json()).toMatchObject({ id: 'a', service: 'web', status: 'draining', weight: 100 })
    await sd.etcd.kv.put('/services/web/b', '{"address":"10.0.0.3:80"}')
    const again = await sd.request(`${list}/a?consistency=strong`, { headers: { 'If-None-Match': tag } })
    expect(again.status).toBe(304)
    expect(again.headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
  })

  it('is 404 when it is not registered, and 400 when it cannot be', async () => {
    await using sd = startDiscoveryApp()
    const missing = await sd.request(`${list}/a`)

    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ type: 'https://sd.test/problems/instance-not-found' })
    expect((await sd.request(`${list}/a%2Fb`)).status).toBe(400)
    expect((await sd.request(`${list}/a?x=1`)).status).toBe(400)
  })
})
