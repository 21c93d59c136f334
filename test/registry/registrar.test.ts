import { createEtcdClient } from 'etcd-edge/http-client'
import { kitex, native } from 'etcd-edge/instance'
import { createRegistrar } from 'etcd-edge/registry'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { key, useSwitchedEtcd, web } from './switched-etcd.ts'

describeWithEtcd('a registrar', () => {
  const etcd = useSwitchedEtcd(5)

  it('puts the instance under a lease with the TTL that etcd granted', async () => {
    const registration = await etcd.registrar({ ttlSeconds: 1 }).register(web)
    // etcd grants at least 1.5 election timeouts.
    expect(registration).toMatchObject({ key, askedTtlSeconds: 1, ttlSeconds: 2, instance: { id: 'a', weight: 100 } })
    const stored = await etcd.admin.kv.get(key)
    expect(stored?.value).toBe('{"address":"10.0.0.7:80","weight":100,"tags":{}}')
    expect(stored?.leaseId).toBe(registration.leaseId)
    expect(stored?.modRevision).toBe(registration.revision)
    expect(etcd.line.calls).toEqual(['lease/grant', 'kv/txn'])
  })

  it('takes the TTL and the weight of the format when none is given', async () => {
    const registration = await createRegistrar(etcd.client, { format: kitex() }).register({
      service: 'order',
      address: '10.0.0.9:8888',
    })
    expect(registration).toMatchObject({ ttlSeconds: 60, instance: { weight: 10 } })
    expect((await etcd.admin.kv.get('kitex/registry-etcd/order/10.0.0.9:8888'))?.value).toBe(
      '{"network":"tcp","address":"10.0.0.9:8888","weight":10,"tags":null}',
    )
    expect(createRegistrar(etcd.client).ttlSeconds).toBe(30)
  })

  it.each([0, 1.5, -1, Number.NaN, '5'])('refuses the TTL %j before any call', async (wrong) => {
    const options = { ttlSeconds: wrong as number }
    expect(() => etcd.registrar(options)).toThrow(/ttlSeconds/)
    await expect(etcd.registrar().register(web, options)).rejects.toThrow(RangeError)
    expect(etcd.line.calls).toEqual([])
  })

  it.each([
    [{ service: 'a/b' }, 'service'],
    [{ service: '..' }, 'service'],
    [{ id: 'a/b' }, 'id'],
    [{ address: '10.0.0.7' }, 'address'],
    [{ address: '0.0.0.0:80' }, 'address'],
  ])('refuses %j before any call', async (wrong, field) => {
    await expect(etcd.registrar().register({ ...web, ...wrong })).rejects.toMatchObject({
      code: 'INVALID_INSTANCE',
      field,
    })
    expect(etcd.line.calls).toEqual([])
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
    etcd.line.on((at, when) => {
      if (at === path && when === phase) controller.abort(reason)
    })
    await expect(etcd.registrar().register(web, { signal: controller.signal })).rejects.toBe(reason)
    await eventually(async () => expect(await etcd.admin.lease.list()).toEqual([]))
    expect(await etcd.admin.kv.get(key)).toBeUndefined()
  })

  it.each(phases)('a connection that breaks when %s is %s leaves neither lease nor key', async (path, phase) => {
    etcd.line.on((at, when) => {
      if (at === path && when === phase) throw new TypeError('socket hang up')
    })
    await expect(etcd.registrar().register(web)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await etcd.admin.lease.list()).toEqual([])
    expect(await etcd.admin.kv.get(key)).toBeUndefined()
  })

  it('takes the key over from somebody else, whose late goodbye then removes nothing', async () => {
    const registrar = etcd.registrar()
    const old = await registrar.register(web)
    const young = await registrar.register(web)
    await registrar.deregister(old)
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(young.leaseId)
    await registrar.deregister(young)
    expect(await etcd.admin.kv.get(key)).toBeUndefined()
  })

  it('with onConflict "fail" leaves the key to its owner, says whose it is and keeps no lease', async () => {
    const registrar = etcd.registrar()
    const owner = await registrar.register(web)
    await expect(registrar.register(web, { onConflict: 'fail' })).rejects.toMatchObject({
      code: 'INSTANCE_CONFLICT',
      key,
      leaseId: owner.leaseId,
    })
    expect(await etcd.admin.lease.list()).toEqual([owner.leaseId])
    await expect(registrar.register({ ...web, id: 'b' }, { onConflict: 'fail' })).resolves.toMatchObject({
      key: '/services/web/b',
    })
  })

  it('two that claim one free key at the same time with "fail": one gets it', async () => {
    const registrar = etcd.registrar()
    const claims = await Promise.allSettled([1, 2, 3].map(() => registrar.register(web, { onConflict: 'fail' })))
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await etcd.admin.lease.list()).toHaveLength(1)
  })

  it('deregistering twice, or after the lease has expired, is no error', async () => {
    const registrar = etcd.registrar()
    const registration = await registrar.register(web)
    await registrar.deregister(registration)
    await registrar.deregister(registration)
    expect(await etcd.admin.lease.list()).toEqual([])
  })

  it('renewing gives the lease its whole TTL again, and a lost lease is an error of its own', async () => {
    const registrar = etcd.registrar()
    const registration = await registrar.register(web)
    const renewed = await registrar.renew(registration)
    expect(renewed.renewedAt).toBeGreaterThanOrEqual(registration.renewedAt)
    expect(renewed.ttlSeconds).toBe(5)
    await etcd.admin.lease.revoke(registration.leaseId)
    await expect(registrar.renew(registration)).rejects.toMatchObject({
      code: 'LEASE_NOT_FOUND',
      leaseId: registration.leaseId,
    })
  })

  it('a registration is plain data that another process can go on with', async () => {
    const registration = await etcd.registrar().register(web)
    const restored = JSON.parse(JSON.stringify(registration))
    expect(restored).toEqual(registration)
    await createRegistrar(etcd.admin).deregister(restored)
    expect(await etcd.admin.kv.get(key)).toBeUndefined()
  })

  it('removes one of two instances that share a lease without harming the other', async () => {
    const lease = await etcd.admin.lease.grant(30)
    await etcd.admin.kv.put(key, '{"address":"10.0.0.7:80"}', { leaseId: lease.leaseId })
    await etcd.admin.kv.put('/services/web/b', '{"address":"10.0.0.8:80"}', { leaseId: lease.leaseId })
    const registrar = etcd.registrar()
    const found = await registrar.find({ service: 'web', id: 'a' })
    if (found) await registrar.deregister(found)
    expect((await etcd.admin.kv.list({ prefix: native().root })).kvs.map((kv) => kv.key)).toEqual(['/services/web/b'])
    expect(await etcd.admin.lease.list()).toEqual([lease.leaseId])
  })

  it('removes an instance that no lease holds, unless it has been taken since', async () => {
    const registrar = etcd.registrar()
    await etcd.admin.kv.put(key, '{"address":"10.0.0.7:80"}')
    const found = await registrar.find({ service: 'web', id: 'a' })
    const taken = await registrar.register(web)
    if (found) await registrar.deregister(found)
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(taken.leaseId)
  })

  it('two services of one registrar live and die on their own', async () => {
    const registrar = etcd.registrar()
    const first = await registrar.register(web)
    const second = await registrar.register({ ...web, service: 'api' })
    await registrar.deregister(first)
    expect((await etcd.admin.kv.get('/services/api/a'))?.leaseId).toBe(second.leaseId)
  })

  it('an etcd that cannot be reached is a typed error, and the start does not hang', async () => {
    const lost = createRegistrar(createEtcdClient({ endpoints: ['http://127.0.0.1:1'] }))
    await expect(lost.register(web)).rejects.toMatchObject({ code: 'UNAVAILABLE', endpoint: 'http://127.0.0.1:1' })
  })
})
