import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { adminToken, type DiscoveryApp, startDiscoveryApp } from './discovery-app.ts'

const path = '/api/v1/services/fn/instances/fn-9c1'
const body = { address: '203.0.113.9:443', scheme: 'https', ttl: 30, weight: 100, zone: 'iad', tags: { rev: 'a1' } }

describe('registering over HTTP', () => {
  let sd: DiscoveryApp

  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 20, 22), toFake: ['Date'] })
    sd = startDiscoveryApp()
  })
  afterEach(async () => {
    vi.useRealTimers()
    await sd[Symbol.asyncDispose]()
  })

  const remove = (headers: Record<string, string> = {}) =>
    sd.request(path, { method: 'DELETE', headers: { Authorization: `Bearer ${adminToken}`, ...headers } })
  const heartbeat = (headers: Record<string, string> = {}) =>
    sd.request(`${path}/heartbeat`, { method: 'POST', headers: { Authorization: `Bearer ${adminToken}`, ...headers } })

  it('creates the instance under a lease and says when to renew', async () => {
    const response = await sd.put(path, body)

    expect(response.status).toBe(201)
    expect(response.headers.get('Location')).toBe(path)
    expect(response.headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
    const [lease = ''] = sd.simulator.leases()
    expect(await response.json()).toEqual({
      id: 'fn-9c1',
      service: 'fn',
      ttl: 30,
      expiresAt: '2026-11-20T22:00:30Z',
      renewAfterSeconds: 10,
      ownerKey: BigInt(lease).toString(16),
      created: true,
    })
    const stored = await sd.etcd.kv.get('/services/fn/fn-9c1')
    expect(stored?.leaseId).toBe(lease)
    expect(stored?.value).toBe(
      '{"address":"203.0.113.9:443","scheme":"https","weight":100,"tags":{"rev":"a1"},"zone":"iad"}',
    )
  })

  it('takes the same body again for "still here": no write, and no keep-alive while two thirds of the TTL are left', async () => {
    await sd.put(path, body)
    const revision = sd.simulator.revision()
    sd.calls.length = 0
    const again = await sd.put(path, body)

    expect(again.status).toBe(200)
    expect(await again.json()).toMatchObject({ created: false, ttl: 30, expiresAt: '2026-11-20T22:00:30Z' })
    expect(again.headers.get('SD-Revision')).toBe(String(revision))
    expect(sd.calls).toEqual(['/v3/kv/range', '/v3/lease/timetolive'])
    expect(sd.simulator.revision()).toBe(revision)
  })

  it('keeps the lease alive by the same body once a third of the TTL has passed', async () => {
    await sd.put(path, body)
    const revision = sd.simulator.revision()
    const [lease] = sd.simulator.leases()
    vi.setSystemTime(Date.now() + 12_000)
    const renewed = await sd.put(path, body)

    expect(await renewed.json()).toMatchObject({ created: false, expiresAt: '2026-11-20T22:00:42Z' })
    expect(sd.simulator.revision()).toBe(revision)
    expect(sd.simulator.leases()).toEqual([lease])
  })

  it('writes a changed body once, under the same lease', async () => {
    const { ownerKey } = await (await sd.put(path, body)).json()
    const revision = sd.simulator.revision()
    const changed = await sd.put(path, { ...body, weight: 50 })

    expect(changed.status).toBe(200)
    expect(await changed.json()).toMatchObject({ created: false, ownerKey })
    expect(sd.simulator.revision()).toBe(revision + 1)
    expect(changed.headers.get('SD-Revision')).toBe(String(revision + 1))
  })

  it('answers a changed TTL with a new lease and revokes the old one', async () => {
    const { ownerKey } = await (await sd.put(path, body)).json()
    const changed = await (await sd.put(path, { ...body, ttl: 60 })).json()

    expect(changed).toMatchObject({ ttl: 60, created: false })
    expect(changed.ownerKey).not.toBe(ownerKey)
    expect(sd.simulator.leases().map((lease) => BigInt(lease).toString(16))).toEqual([changed.ownerKey])
    expect((await sd.etcd.kv.get('/services/fn/fn-9c1'))?.version).toBe(2)
  })

  it('uses 30 seconds and weight 100 when nothing is said', async () => {
    const response = await sd.put(path, { address: '203.0.113.9:443' })

    expect(await response.json()).toMatchObject({ ttl: 30 })
    expect((await sd.etcd.kv.get('/services/fn/fn-9c1'))?.json()).toMatchObject({ weight: 100 })
  })

  it('shows its own write at the next read, however fresh the last one was', async () => {
    await sd.request('/api/v1/services/fn/instances')
    await sd.request('/api/v1/services')
    await sd.put(path, body)

    expect(await (await sd.request('/api/v1/services/fn/instances')).json()).toMatchObject({
      instances: [{ id: 'fn-9c1' }],
    })
    expect(await (await sd.request('/api/v1/services')).json()).toMatchObject({ services: [{ service: 'fn' }] })
    await remove()
    expect(await (await sd.request('/api/v1/services/fn/instances')).json()).toMatchObject({ instances: [] })
  })

  it('deregisters, and says 204 also when the instance is gone already', async () => {
    await sd.put(path, body)

    expect((await remove()).status).toBe(204)
    expect(sd.simulator.leases()).toEqual([])
    expect(await sd.etcd.kv.get('/services/fn/fn-9c1')).toBeUndefined()
    expect((await remove()).status).toBe(204)
  })

  it('renews by heartbeat without writing', async () => {
    await sd.put(path, body)
    const revision = sd.simulator.revision()
    vi.setSystemTime(Date.now() + 25_000)
    const beat = await heartbeat()

    expect(beat.status).toBe(200)
    expect(await beat.json()).toMatchObject({ ttl: 30, expiresAt: '2026-11-20T22:00:55Z', renewAfterSeconds: 10 })
    expect(sd.simulator.revision()).toBe(revision)
  })

  it('answers the heartbeat of an expired registration with lease-not-found and what to do', async () => {
    await sd.put(path, body)
    vi.setSystemTime(Date.now() + 31_000)
    const beat = await heartbeat()

    expect(beat.status).toBe(404)
    expect(await beat.json()).toMatchObject({ type: 'https://sd.test/problems/lease-not-found', action: 'register' })
  })

  it('has no lease to renew for a record that was put by hand', async () => {
    await sd.etcd.kv.put('/services/fn/fn-9c1', '{"address":"203.0.113.9:443"}')

    expect((await heartbeat()).status).toBe(404)
  })

  it('refuses every write that carries the owner key of somebody else, and does nothing', async () => {
    const { ownerKey } = await (await sd.put(path, body)).json()
    const revision = sd.simulator.revision()
    const other = { 'SD-Owner-Key': 'abc' }
    const answers = [await sd.put(path, { ...body, weight: 1 }, other), await heartbeat(other), await remove(other)]

    for (const answer of answers) {
      expect(answer.status).toBe(409)
      expect(await answer.json()).toMatchObject({ type: 'https://sd.test/problems/instance-owned-by-another' })
    }
    expect(sd.simulator.revision()).toBe(revision)
    const own = { 'SD-Owner-Key': ownerKey }
    expect((await sd.put(path, body, own)).status).toBe(200)
    expect((await heartbeat(own)).status).toBe(200)
    expect((await remove(own)).status).toBe(204)
  })

  it('registers anew when the owner key is that of a registration that has expired', async () => {
    const { ownerKey } = await (await sd.put(path, body)).json()
    vi.setSystemTime(Date.now() + 31_000)
    const answer = await sd.put(path, body, { 'SD-Owner-Key': ownerKey })

    expect(answer.status).toBe(201)
  })

  it('takes the address of the caller for "auto", with the port that is named or that the scheme implies', async () => {
    const caller = { 'CF-Connecting-IP': '198.51.100.7' }
    const stored = async () => (await sd.etcd.kv.get('/services/fn/fn-9c1'))?.json<{ address: string }>().address

    await sd.put(path, { address: 'auto:8080' }, caller)
    expect(await stored()).toBe('198.51.100.7:8080')
    await sd.put(path, { address: 'auto', scheme: 'https' }, caller)
    expect(await stored()).toBe('198.51.100.7:443')
    await sd.put(path, { address: 'auto:8080' }, { 'CF-Connecting-IP': '2001:db8::7' })
    expect(await stored()).toBe('[2001:db8::7]:8080')
  })

  it('says that the registry cannot be reached, and when to try again', async () => {
    sd.cutOff(() => Promise.reject(new TypeError('fetch failed')))
    const answer = await sd.put(path, body)

    expect(answer.status).toBe(503)
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(await answer.json()).toMatchObject({ type: 'https://sd.test/problems/registry-unavailable' })
  })
})
