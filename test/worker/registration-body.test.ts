import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp } from './discovery-app.ts'

const path = '/api/v1/services/fn/instances/fn-9c1'
const body = { address: '203.0.113.9:443', scheme: 'https', ttl: 30, weight: 100, zone: 'iad', tags: { rev: 'a1' } }

describe('what is sent to register', () => {
  let sd: DiscoveryApp

  beforeEach(() => {
    sd = startDiscoveryApp()
  })
  afterEach(() => sd[Symbol.asyncDispose]())

  it.each([
    ['the caller is not known', { address: 'auto:8080' }, {}],
    ['no port follows from anything', { address: 'auto' }, { 'CF-Connecting-IP': '198.51.100.7' }],
    ['the caller is this machine', { address: 'auto:80' }, { 'CF-Connecting-IP': '127.0.0.1' }],
    ['it is loopback', { address: 'localhost:80' }, {}],
    ['it is a wildcard', { address: '0.0.0.0:80' }, {}],
    ['it has no port', { address: '203.0.113.9' }, {}],
    ['it is missing', {}, {}],
  ])('refuses an address when %s', async (_, wrong, headers) => {
    const answer = await sd.put(path, wrong, headers)

    expect(answer.status).toBe(400)
    expect((await answer.json()).errors).toEqual([{ pointer: '/address', detail: expect.any(String) }])
    expect(sd.simulator.leases()).toEqual([])
  })

  it('takes loopback addresses where they are switched on', async () => {
    await using local = startDiscoveryApp({ allowLoopback: true })

    expect((await local.put(path, { address: '127.0.0.1:8080' })).status).toBe(201)
  })

  it.each([
    ['a TTL of 1', { ...body, ttl: 1 }, '/ttl'],
    ['a TTL of 1.5', { ...body, ttl: 2.5 }, '/ttl'],
    ['a TTL over an hour', { ...body, ttl: 3601 }, '/ttl'],
    ['a weight below 0', { ...body, weight: -1 }, '/weight'],
    ['a scheme with "://"', { ...body, scheme: 'http://' }, '/scheme'],
    ['a tag that is no text', { ...body, tags: { 'a/b': 1 } }, '/tags/a~1b'],
    ['an unknown status', { ...body, status: 'sick' }, '/status'],
    ['an unknown field', { ...body, adress: 'x' }, '/adress'],
    ['keepAlive, which nobody here can do', { ...body, keepAlive: { forSeconds: 60 } }, '/keepAlive'],
    ['a list', [], ''],
    ['something that is not JSON', '{', ''],
  ])('refuses %s with a pointer to it', async (_, wrong, pointer) => {
    const answer = await sd.put(path, wrong)

    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      type: 'https://sd.test/problems/invalid-request',
      errors: [{ pointer, detail: expect.stringMatching(/\w/) }],
    })
    expect(sd.calls).toEqual([])
  })

  it.each([
    '/api/v1/services/a%2Fb/instances/x',
    '/api/v1/services/UP/instances/x',
    '/api/v1/services/fn/instances/a%2Fb',
  ])('refuses names that could leave their directory: %s', async (wrong) => {
    const answer = await sd.put(wrong, body)

    expect(answer.status).toBe(400)
    expect((await answer.json()).errors).toEqual([
      { parameter: expect.stringMatching(/^(service|id)$/), detail: expect.any(String) },
    ])
    expect(sd.calls).toEqual([])
  })

  it('refuses more than 16 KiB of body, 64 tags or 4 KiB of tags with 413', async () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`t${index}`, '']))
    const bodies = [
      { ...body, zone: 'z'.repeat(16 * 1024) },
      { ...body, tags: many },
      { ...body, tags: { t: 'ü'.repeat(2048) } },
    ]
    for (const large of bodies) {
      const answer = await sd.put(path, large)
      expect(answer.status).toBe(413)
      expect(await answer.json()).toMatchObject({ type: 'https://sd.test/problems/payload-too-large' })
    }
    const { t0, ...allowed } = many
    expect((await sd.put(path, { ...body, tags: { ...allowed, t1: 'x'.repeat(3800) } })).status).toBe(201)
  })

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'refuses a body that is %s with 415',
    async (type) => {
      const answer = await sd.put(path, body, { 'Content-Type': type ?? '' })

      expect(answer.status).toBe(415)
      expect(await answer.json()).toMatchObject({ type: 'https://sd.test/problems/unsupported-media-type' })
    },
  )
})
