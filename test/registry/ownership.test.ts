import { setTimeout as wait } from 'node:timers/promises'
import { kitex } from 'etcd-edge/instance'
import { createRegistrar, keepRegistered } from 'etcd-edge/registry'
import { createInstancer } from 'etcd-edge/resolver'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { key, useSwitchedEtcd, web } from './switched-etcd.ts'

const young = { ...web, address: '10.0.0.8:80' }

describeWithEtcd('a key and its owner', () => {
  const etcd = useSwitchedEtcd()
  const successor = () => createRegistrar(etcd.admin, { ttlSeconds: 60 })
  const stored = async () => (await etcd.admin.kv.get(key))?.json()

  it('a new process takes the key while the old one says goodbye: the key stays, whoever comes first', async () => {
    for (const phase of ['sent', 'answered'] as const) {
      const session = await etcd.session()
      let taken: { readonly leaseId: string } | undefined
      etcd.line.on(async (path, when) => {
        if (path === 'lease/revoke' && when === phase) taken = await successor().register(young)
      })
      await session.close()
      etcd.line.on(() => {})
      expect(await etcd.admin.kv.get(key)).toMatchObject({ leaseId: taken?.leaseId })
      expect(await stored()).toMatchObject({ address: '10.0.0.8:80' })
      expect(await etcd.admin.lease.list()).toEqual([taken?.leaseId])
      if (taken !== undefined) await etcd.admin.lease.revoke(taken.leaseId)
    }
  })

  it('a new process takes the key while the old one is frozen or cut off: the old one comes back and leaves it alone', async () => {
    const session = await etcd.session()
    etcd.line.down()
    await eventually(async () => expect(await stored()).toBeUndefined())
    const { leaseId } = await successor().register(young)
    etcd.line.up()
    await eventually(() => expect(session.status().lastError).toMatchObject({ code: 'INSTANCE_CONFLICT', leaseId }))
    expect(session.status().state).toBe('lost')
    expect(await stored()).toMatchObject({ address: '10.0.0.8:80' })
    await eventually(async () => expect(await etcd.admin.lease.list()).toEqual([leaseId]))
    await session.close()
    expect(await stored()).toMatchObject({ address: '10.0.0.8:80' })
  })

  it('a value that somebody has overwritten under our lease is put again within one TTL', async () => {
    const session = await etcd.session()
    await etcd.admin.kv.put(key, 'nonsense', { leaseId: session.status().leaseId })
    await eventually(async () => expect((await etcd.admin.kv.get(key))?.value).toContain('10.0.0.7'))
    expect(session.status().state).toBe('registered')
  })

  it('a write that finds its lease gone takes a new one at once', async () => {
    const session = await etcd.session({ ttlSeconds: 60 })
    const old = session.status().leaseId
    await etcd.admin.lease.revoke(old)
    etcd.line.calls.length = 0
    const updated = await session.update({ ...web, weight: 5 })
    expect(updated.leaseId).not.toBe(old)
    // The key is not there; it cannot be put under the old lease; then as after any loss.
    expect(etcd.line.calls).toEqual(['kv/txn', 'kv/txn', 'lease/grant', 'kv/txn'])
    expect(await stored()).toMatchObject({ weight: 5 })
    expect(session.status()).toMatchObject({ state: 'registered', leaseId: updated.leaseId })
  })

  it('two services on one client, with a watch beside them, live and die on their own', async () => {
    await using instancer = createInstancer(etcd.client, 'web')
    await instancer.ready()
    const first = await etcd.session()
    const second = await etcd.session({}, { ...web, service: 'api' })
    await eventually(() => expect(instancer.snapshot().instances).toHaveLength(1))
    await first.close()
    await eventually(() => expect(instancer.snapshot().instances).toEqual([]))
    await wait(2500)
    expect(second.status().state).toBe('registered')
    expect((await etcd.admin.kv.get('/services/api/a'))?.leaseId).toBe(second.status().leaseId)
    await etcd.session()
    await eventually(() => expect(instancer.snapshot().instances).toHaveLength(1))
    expect(instancer.snapshot().stale).toBe(false)
  })

  it('one of several keys is taken: it is missing, the others stay, and it is back when it falls free', async () => {
    const other = { ...web, id: 'b' }
    const group = await etcd.group([web, other], { heartbeatMs: 100 })
    const { leaseId } = group.status()
    const told: string[] = []
    group.subscribe((event) => told.push(event.type === 'state' ? event.state : event.type))
    const thief = await successor().register(young)
    await eventually(() => expect(group.status().state).toBe('lost'))
    expect(group.status()).toMatchObject({
      leaseId,
      registrations: [{ key: '/services/web/b' }],
      missing: [{ instance: { id: 'a' }, error: { code: 'INSTANCE_CONFLICT', leaseId: thief.leaseId } }],
    })
    await wait(500)
    expect(told).toEqual(['lost'])
    expect((await etcd.admin.kv.get('/services/web/b'))?.version).toBe(1)
    await etcd.admin.lease.revoke(thief.leaseId)
    await eventually(() => expect(group.status()).toMatchObject({ state: 'registered', missing: [], leaseId }))
    expect(await stored()).toMatchObject({ address: '10.0.0.7:80' })
  })

  it('one of several is removed after another process has taken its key: the key stays', async () => {
    const group = await etcd.group([web, { ...web, id: 'b' }], { ttlSeconds: 60 })
    const { leaseId } = await successor().register(young)
    await group.remove(web)
    expect(await etcd.admin.kv.get(key)).toMatchObject({ leaseId })
    expect(group.status()).toMatchObject({ registrations: [{ key: '/services/web/b' }], missing: [] })
    await group.close()
    expect(await etcd.admin.kv.get(key)).toMatchObject({ leaseId })
  })

  it('with onConflict "fail" one of several is given up and told of, the others stay', async () => {
    const other = { ...web, id: 'b' }
    const group = await etcd.group([web, other], { heartbeatMs: 100, onConflict: 'fail' })
    const errors: unknown[] = []
    group.subscribe((event) => event.type === 'error' && errors.push(event.error))
    const thief = await successor().register(young)
    await eventually(() => expect(errors).toMatchObject([{ code: 'INSTANCE_CONFLICT', key, leaseId: thief.leaseId }]))
    expect(group.status()).toMatchObject({ registrations: [{ key: '/services/web/b' }], missing: [] })
    await etcd.admin.lease.revoke(thief.leaseId)
    await wait(300)
    expect(await stored()).toBeUndefined()
    await expect(group.add(web)).resolves.toHaveLength(1)
    await successor().register({ ...other, id: 'c' })
    await expect(group.add({ ...other, id: 'c' })).rejects.toMatchObject({ code: 'INSTANCE_CONFLICT' })
    expect(group.status()).toMatchObject({ state: 'registered', missing: [] })
  })

  it('a session that goes on under a lease which others use ends its own key and leaves the lease to them', async () => {
    const group = await etcd.group([web, { ...web, id: 'b' }])
    const previous = group.status().registrations.find((each) => each.key === key)
    if (previous === undefined) throw new Error('a is not registered')
    const session = await etcd.session({ previous })
    expect(session.status().leaseId).toBe(group.status().leaseId)
    await session.close()
    expect(await stored()).toBeUndefined()
    expect(await etcd.admin.lease.list()).toEqual([group.status().leaseId])
    expect(await etcd.admin.kv.get('/services/web/b')).toBeDefined()
  })

  it('an address that is the key moves in one write: the old one goes as the new one comes', async () => {
    const format = kitex()
    const order = { service: 'order', address: '10.0.0.1:8888' }
    const session = etcd.keep(await keepRegistered(etcd.registrar({ format }), order))
    etcd.line.calls.length = 0
    const moved = await session.update({ ...order, address: '10.0.0.2:8888' })
    expect(etcd.line.calls).toEqual(['kv/txn'])
    const { kvs } = await etcd.admin.kv.list({ prefix: format.root })
    expect(kvs.map((kv) => kv.key)).toEqual([moved.key])
    expect(moved).toMatchObject({ key: 'kitex/registry-etcd/order/10.0.0.2:8888', leaseId: session.status().leaseId })
    expect(session.status().registration).toEqual(moved)
  })
})
