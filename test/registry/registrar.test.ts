import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'
import { kitex, native } from '../../src/instance/index.ts'
import { createRegistrar } from '../../src/registry/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { type SwitchableFetch, switchableFetch } from '../support/switchable-fetch.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const key = '/services/web/a'

describeWithEtcd('a registrar', () => {
  let server: Etcd
  let admin: EtcdClient
  let line: SwitchableFetch
  let etcd: EtcdClient
  const registrarOf = (options = {}) => createRegistrar(etcd, { ttlSeconds: 5, ...options })

  beforeAll(async () => {
    server = await startEtcd()
    admin = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await admin.kv.delete({ prefix: '' })
    for (const leaseId of await admin.lease.list()) await admin.lease.revoke(leaseId)
    line = switchableFetch()
    etcd = createEtcdClient({ endpoints: [server.url], fetch: line.fetch })
  })

  it('puts the instance under a lease with the TTL that etcd granted', async () => {
    const registration = await registrarOf({ ttlSeconds: 1 }).register(web)
    // etcd grants at least 1.5 election timeouts.
    expect(registration).toMatchObject({ key, askedTtlSeconds: 1, ttlSeconds: 2, instance: { id: 'a', weight: 100 } })
    const stored = await admin.kv.get(key)
    expect(stored?.value).toBe('{"address":"10.0.0.7:80","weight":100,"tags":{}}')
    expect(stored?.leaseId).toBe(registration.leaseId)
    expect(stored?.modRevision).toBe(registration.revision)
    expect(line.calls).toEqual(['lease/grant', 'kv/txn'])
  })

  it('takes the TTL and the weight of the format when none is given', async () => {
    const registration = await createRegistrar(etcd, { format: kitex() }).register({
      service: 'order',
      address: '10.0.0.9:8888',
    })
    expect(registration).toMatchObject({ ttlSeconds: 60, instance: { weight: 10 } })
    expect((await admin.kv.get('kitex/registry-etcd/order/10.0.0.9:8888'))?.value).toBe(
      '{"network":"tcp","address":"10.0.0.9:8888","weight":10,"tags":null}',
    )
    expect(createRegistrar(etcd).ttlSeconds).toBe(30)
  })

  it.each([0, 1.5, -1, Number.NaN, '5'])('refuses the TTL %j before any call', async (ttlSeconds) => {
    expect(() => registrarOf({ ttlSeconds })).toThrow(/ttlSeconds/)
    const options = { ttlSeconds: ttlSeconds as number }
    await expect(registrarOf().register(web, options)).rejects.toThrow(RangeError)
    expect(line.calls).toEqual([])
  })

  it.each([
    [{ service: 'a/b' }, 'service'],
    [{ service: '..' }, 'service'],
    [{ id: 'a/b' }, 'id'],
    [{ address: '10.0.0.7' }, 'address'],
    [{ address: '0.0.0.0:80' }, 'address'],
  ])('refuses %j before any call', async (wrong, field) => {
    await expect(registrarOf().register({ ...web, ...wrong })).rejects.toMatchObject({
      code: 'INVALID_INSTANCE',
      field,
    })
    expect(line.calls).toEqual([])
  })

  const phases = [
    ['lease/grant', 'sent'],
    ['lease/grant', 'answered'],
    ['kv/txn', 'sent'],
    ['kv/txn', 'answered'],
  ] as const

  it.each(phases)('aborted when %s is %s leaves neither lease nor key', async (path, phase) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    line.on((at, when) => {
      if (at === path && when === phase) controller.abort(reason)
    })
    await expect(registrarOf().register(web, { signal: controller.signal })).rejects.toBe(reason)
    await eventually(async () => expect(await admin.lease.list()).toEqual([]))
    expect(await admin.kv.get(key)).toBeUndefined()
  })

  it.each(phases)('a connection that breaks when %s is %s leaves neither lease nor key', async (path, phase) => {
    line.on((at, when) => {
      if (at === path && when === phase) throw new TypeError('socket hang up')
    })
    await expect(registrarOf().register(web)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await admin.lease.list()).toEqual([])
    expect(await admin.kv.get(key)).toBeUndefined()
  })

  it('takes the key over from somebody else, whose late goodbye then removes nothing', async () => {
    const registrar = registrarOf()
    const old = await registrar.register(web)
    const young = await registrar.register(web)
    await registrar.deregister(old)
    expect((await admin.kv.get(key))?.leaseId).toBe(young.leaseId)
    await registrar.deregister(young)
    expect(await admin.kv.get(key)).toBeUndefined()
  })

  it('with onConflict "fail" leaves the key to its owner, says whose it is and keeps no lease', async () => {
    const registrar = registrarOf()
    const owner = await registrar.register(web)
    await expect(registrar.register(web, { onConflict: 'fail' })).rejects.toMatchObject({
      code: 'INSTANCE_CONFLICT',
      key,
      leaseId: owner.leaseId,
    })
    expect(await admin.lease.list()).toEqual([owner.leaseId])
    await expect(registrar.register({ ...web, id: 'b' }, { onConflict: 'fail' })).resolves.toMatchObject({
      key: '/services/web/b',
    })
  })

  it('two that claim one free key at the same time with "fail": one gets it', async () => {
    const registrar = registrarOf()
    const claims = await Promise.allSettled([1, 2, 3].map(() => registrar.register(web, { onConflict: 'fail' })))
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await admin.lease.list()).toHaveLength(1)
  })

  it('deregistering twice, or after the lease has expired, is no error', async () => {
    const registrar = registrarOf()
    const registration = await registrar.register(web)
    await registrar.deregister(registration)
    await registrar.deregister(registration)
    expect(await admin.lease.list()).toEqual([])
  })

  it('renewing gives the lease its whole TTL again, and a lost lease is an error of its own', async () => {
    const registrar = registrarOf()
    const registration = await registrar.register(web)
    const renewed = await registrar.renew(registration)
    expect(renewed.renewedAt).toBeGreaterThanOrEqual(registration.renewedAt)
    expect(renewed.ttlSeconds).toBe(5)
    await admin.lease.revoke(registration.leaseId)
    await expect(registrar.renew(registration)).rejects.toMatchObject({
      code: 'LEASE_NOT_FOUND',
      leaseId: registration.leaseId,
    })
  })

  it('a registration is plain data that another process can go on with', async () => {
    const registration = await registrarOf().register(web)
    const restored = JSON.parse(JSON.stringify(registration))
    expect(restored).toEqual(registration)
    await createRegistrar(admin).deregister(restored)
    expect(await admin.kv.get(key)).toBeUndefined()
  })

  it('registered again with what it had: no call at all while more than two thirds of the TTL are left', async () => {
    const registrar = registrarOf()
    const previous = await registrar.register(web)
    line.calls.length = 0
    expect(await registrar.register(web, { previous })).toBe(previous)
    expect(line.calls).toEqual([])
  })

  it('… one keep-alive and no write when less is left', async () => {
    const registrar = registrarOf()
    const previous = await registrar.register(web)
    const aged = { ...previous, renewedAt: previous.renewedAt - 2000 }
    line.calls.length = 0
    const renewed = await registrar.register(web, { previous: aged })
    expect(line.calls).toEqual(['lease/keepalive'])
    expect(renewed).toMatchObject({ leaseId: previous.leaseId, revision: previous.revision })
    expect(renewed.renewedAt).toBeGreaterThan(aged.renewedAt)
  })

  it('… one write under the same lease when the instance has changed', async () => {
    const registrar = registrarOf()
    const previous = await registrar.register(web)
    line.calls.length = 0
    const changed = await registrar.register({ ...web, weight: 5 }, { previous })
    expect(line.calls).toEqual(['kv/txn'])
    const stored = await admin.kv.get(key)
    expect(stored).toMatchObject({ leaseId: previous.leaseId, version: 2, modRevision: changed.revision })
    expect(stored?.json()).toMatchObject({ weight: 5 })
  })

  it('… a new lease and no old one when another TTL is asked for', async () => {
    const registrar = registrarOf()
    const previous = await registrar.register(web)
    const changed = await registrar.register(web, { previous, ttlSeconds: 9 })
    expect(changed.ttlSeconds).toBe(9)
    expect(await admin.lease.list()).toEqual([changed.leaseId])
    expect((await admin.kv.get(key))?.leaseId).toBe(changed.leaseId)
  })

  it('… and a TTL below what etcd grants is not another one each time', async () => {
    const registrar = registrarOf({ ttlSeconds: 1 })
    const previous = await registrar.register(web)
    const found = await registrar.find({ service: 'web', id: 'a' })
    expect(found).toMatchObject({ leaseId: previous.leaseId, ttlSeconds: 2 })
    expect((await registrar.register(web, { previous: found })).leaseId).toBe(previous.leaseId)
  })

  it('… a new lease when the old one is gone', async () => {
    const registrar = registrarOf()
    const previous = await registrar.register(web)
    await admin.lease.revoke(previous.leaseId)
    const again = await registrar.register(web, { previous: { ...previous, renewedAt: 0 } })
    expect(again.leaseId).not.toBe(previous.leaseId)
    expect((await admin.kv.get(key))?.leaseId).toBe(again.leaseId)
  })

  it('… under its own id when that is left out, and under the new address where the address is the id', async () => {
    const unnamed = { service: 'web', address: '10.0.0.7:80' }
    const registrar = registrarOf()
    const previous = await registrar.register(unnamed)
    expect((await registrar.register({ ...unnamed, weight: 5 }, { previous })).key).toBe(previous.key)
    const byAddress = registrarOf({ format: kitex() })
    const old = await byAddress.register({ service: 'order', address: '10.0.0.1:80' })
    const moved = await byAddress.register({ service: 'order', address: '10.0.0.2:80' }, { previous: old })
    expect(moved.key).toBe('kitex/registry-etcd/order/10.0.0.2:80')
    expect(await admin.kv.get(old.key)).toBeUndefined()
  })

  it('looking at a key that is as it should be writes nothing', async () => {
    const registrar = registrarOf()
    const registration = await registrar.register(web)
    line.calls.length = 0
    expect(await registrar.verify(registration)).toBe(registration)
    expect(line.calls).toEqual(['kv/range'])
  })

  it.each([
    ['deleted', () => admin.kv.delete(key)],
    ['overwritten without a lease', () => admin.kv.put(key, 'nonsense')],
  ])('puts a key that was %s again, under the same lease', async (_, harm) => {
    const registrar = registrarOf()
    const registration = await registrar.register(web)
    await harm()
    const verified = await registrar.verify(registration)
    const stored = await admin.kv.get(key)
    expect(stored).toMatchObject({ leaseId: registration.leaseId, modRevision: verified.revision })
    expect(stored?.value).toBe('{"address":"10.0.0.7:80","weight":100,"tags":{}}')
  })

  it('never puts a key again that another lease holds', async () => {
    const registrar = registrarOf()
    const registration = await registrar.register(web)
    const other = await registrar.register({ ...web, address: '10.0.0.8:80' })
    await expect(registrar.verify(registration)).rejects.toMatchObject({
      code: 'INSTANCE_CONFLICT',
      leaseId: other.leaseId,
    })
    expect((await admin.kv.get(key))?.json()).toMatchObject({ address: '10.0.0.8:80' })
  })

  it('finds a registration as etcd has it, whoever made it, and nothing where there is none', async () => {
    const registrar = registrarOf()
    const registration = await registrar.register({ ...web, tags: { env: 'prod' } })
    const { renewedAt, lookedAt, ...found } = (await registrar.find({ service: 'web', id: 'a' })) ?? { renewedAt: 0 }
    const { renewedAt: _, lookedAt: madeAt = 0, ...made } = registration
    expect(found).toEqual(made)
    expect(Math.abs(renewedAt - registration.renewedAt)).toBeLessThan(2000)
    expect(lookedAt).toBeGreaterThanOrEqual(madeAt)
    expect(await registrar.find({ service: 'web', id: 'b' })).toBeUndefined()
  })

  it('removes one of two instances that share a lease without harming the other', async () => {
    const lease = await admin.lease.grant(30)
    await admin.kv.put(key, '{"address":"10.0.0.7:80"}', { leaseId: lease.leaseId })
    await admin.kv.put('/services/web/b', '{"address":"10.0.0.8:80"}', { leaseId: lease.leaseId })
    const registrar = registrarOf()
    const found = await registrar.find({ service: 'web', id: 'a' })
    if (found) await registrar.deregister(found)
    expect((await admin.kv.list({ prefix: native().root })).kvs.map((kv) => kv.key)).toEqual(['/services/web/b'])
    expect(await admin.lease.list()).toEqual([lease.leaseId])
  })

  it('removes an instance that no lease holds, unless it has been taken since', async () => {
    const registrar = registrarOf()
    await admin.kv.put(key, '{"address":"10.0.0.7:80"}')
    const found = await registrar.find({ service: 'web', id: 'a' })
    const taken = await registrar.register(web)
    if (found) await registrar.deregister(found)
    expect((await admin.kv.get(key))?.leaseId).toBe(taken.leaseId)
  })

  it('two services of one registrar live and die on their own', async () => {
    const registrar = registrarOf()
    const first = await registrar.register(web)
    const second = await registrar.register({ ...web, service: 'api' })
    await registrar.deregister(first)
    expect((await admin.kv.get('/services/api/a'))?.leaseId).toBe(second.leaseId)
  })

  it('an etcd that cannot be reached is a typed error, and the start does not hang', async () => {
    const lost = createRegistrar(createEtcdClient({ endpoints: ['http://127.0.0.1:1'] }))
    await expect(lost.register(web)).rejects.toMatchObject({ code: 'UNAVAILABLE', endpoint: 'http://127.0.0.1:1' })
  })
})
