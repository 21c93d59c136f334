import { setTimeout as wait } from 'node:timers/promises'
import { kitex } from 'etcd-edge/instance'
import { keepRegistered } from 'etcd-edge/registry'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { useSwitchedEtcd } from './switched-etcd.ts'
import { toldStates } from './told-states.ts'

const instances = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ service: 'web', id: `i${index}`, address: `10.0.0.7:${index + 1}` }))
const [a, b, c] = [
  { service: 'web', id: 'a', address: '10.0.0.7:80' },
  { service: 'web', id: 'b', address: '10.0.0.7:81' },
  { service: 'api', id: 'a', address: '10.0.0.7:82' },
] as const

describeWithEtcd('several instances under one lease', () => {
  const etcd = useSwitchedEtcd()
  const keys = async () => (await etcd.stored()).map(({ key }) => key)
  const leases = async () => new Set((await etcd.stored()).map(({ leaseId }) => leaseId))

  it('registers 1,000 in at most 10 requests, keeps them by one keep-alive a beat, and ends them in one', async () => {
    const group = await etcd.group(instances(1000), { ttlSeconds: 60, heartbeatMs: 300 })
    expect(etcd.line.calls.length).toBeLessThanOrEqual(10)
    expect(await keys()).toHaveLength(1000)
    expect(await leases()).toEqual(new Set([group.status().leaseId]))
    expect(group.status()).toMatchObject({ state: 'registered', missing: [] })
    expect(group.status().registrations).toHaveLength(1000)
    etcd.line.calls.length = 0
    const since = performance.now()
    await eventually(() => expect(etcd.line.calls.length).toBeGreaterThanOrEqual(8))
    // Each beat comes at most a tenth early.
    expect(etcd.line.calls.length).toBeLessThanOrEqual((performance.now() - since) / 270 + 2)
    expect(new Set(etcd.line.calls)).toEqual(new Set(['lease/keepalive']))
    etcd.line.calls.length = 0
    await group.close()
    expect(etcd.line.calls.slice(-1)).toEqual(['lease/revoke'])
    expect(await keys()).toEqual([])
    expect(await etcd.admin.lease.list()).toEqual([])
  })

  it('loses them together and gets them back together, under one new lease', async () => {
    const group = await etcd.group(instances(300), { heartbeatMs: 100 })
    const old = group.status().leaseId
    const states = toldStates(group)
    etcd.line.calls.length = 0
    await etcd.admin.lease.revoke(old)
    await eventually(() => expect(states).toEqual(['lost', 'registering', 'registered']))
    expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn', 'kv/txn', 'kv/txn'])
    expect(await keys()).toHaveLength(300)
    expect(await leases()).toEqual(new Set([group.status().leaseId]))
    expect(group.status().leaseId).not.toBe(old)
  })

  it('adds and removes instances of any service, and writes nothing for the others', async () => {
    const group = await etcd.group([a])
    const [added] = await group.add([b, c])
    expect(added).toMatchObject({ key: '/services/web/b', leaseId: group.status().leaseId, sharedLease: true })
    expect(await keys()).toEqual(['/services/api/a', '/services/web/a', '/services/web/b'])
    expect(await etcd.admin.lease.list()).toEqual([group.status().leaseId])
    await group.remove(a)
    expect(await keys()).toEqual(['/services/api/a', '/services/web/b'])
    expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn', 'kv/txn', 'kv/txn'])
    expect((await etcd.admin.kv.get('/services/web/b'))?.version).toBe(1)
    await group.remove(a)
    expect(group.status().registrations.map(({ key }) => key)).toEqual(['/services/web/b', '/services/api/a'])
  })

  it('revokes the lease with the last instance, sends nothing while it is empty, and takes a new one for the next', async () => {
    const group = await etcd.group([a, b])
    const first = group.status().leaseId
    await group.remove(a)
    etcd.line.calls.length = 0
    await group.remove(b)
    expect(etcd.line.calls).toEqual(['lease/revoke'])
    expect(await etcd.admin.lease.list()).toEqual([])
    await wait(1500)
    expect(etcd.line.calls).toEqual(['lease/revoke'])
    await group.add(c)
    expect(await keys()).toEqual(['/services/api/a'])
    expect(await etcd.admin.lease.list()).toEqual([group.status().leaseId])
    expect(group.status().leaseId).not.toBe(first)
  })

  it('starts empty without a call', async () => {
    const group = await etcd.group([])
    expect(etcd.line.calls).toEqual([])
    expect(group.status()).toMatchObject({ state: 'registered', leaseId: '0', registrations: [], missing: [] })
    await group.close()
    expect(etcd.line.calls).toEqual([])
  })

  it('puts many wishes of one moment into few requests', async () => {
    const group = await etcd.group([])
    await Promise.all(instances(300).map((instance) => group.add(instance)))
    expect(await keys()).toHaveLength(300)
    expect(etcd.line.writes().length).toBeLessThanOrEqual(5)
    await Promise.all(instances(299).map((instance) => group.remove(instance)))
    expect(await keys()).toEqual(['/services/web/i299'])
  })

  it('updates one under the same lease, in one write, and writes nothing when nothing has changed', async () => {
    const group = await etcd.group([a, b])
    const updated = await group.update({ ...a, weight: 5 })
    expect(await etcd.admin.kv.get('/services/web/a')).toMatchObject({
      leaseId: group.status().leaseId,
      modRevision: updated.revision,
      version: 2,
    })
    expect(updated.instance.weight).toBe(5)
    etcd.line.calls.length = 0
    await group.update({ ...a, weight: 5 })
    expect(etcd.line.writes()).toEqual([])
    expect((await etcd.admin.kv.get('/services/web/b'))?.version).toBe(1)
  })

  it('refuses before any call one that is there already, one that is not, and one that is wrong', async () => {
    const group = await etcd.group([a])
    etcd.line.calls.length = 0
    await expect(group.add([b, a])).rejects.toThrow(/^instances\[1\]: web\/a is there already$/)
    await expect(group.add([b, b])).rejects.toThrow(/^instances\[1\]: web\/b is there already$/)
    await expect(group.update(b)).rejects.toThrow(/^there is no instance web\/b here: add it$/)
    await expect(group.setStatus('draining', b)).rejects.toThrow(TypeError)
    await expect(group.add([b, { ...c, address: 'nowhere' }])).rejects.toMatchObject({ field: 'address' })
    await expect(group.update({ ...a, weight: -1 })).rejects.toMatchObject({ field: 'weight' })
    expect(etcd.line.calls).toEqual([])
    expect(await keys()).toEqual(['/services/web/a'])
    expect(group.status().missing).toEqual([])
  })

  it('drains one, or all, and back', async () => {
    const group = await etcd.group([a, b])
    const status = async (key: string) => (await etcd.admin.kv.get(key))?.json()
    await group.setStatus('draining', a)
    expect(await status('/services/web/a')).toMatchObject({ status: 'draining' })
    expect(await status('/services/web/b')).not.toHaveProperty('status')
    await group.setStatus('draining')
    expect(await status('/services/web/b')).toMatchObject({ status: 'draining' })
    await group.setStatus('passing')
    expect(await status('/services/web/a')).not.toHaveProperty('status')
    expect(await leases()).toEqual(new Set([group.status().leaseId]))
  })

  it('drains where the format cannot say so by taking the key away, under the same lease', async () => {
    const format = kitex()
    const orders = [1, 2].map((host) => ({ service: 'order', address: `10.0.0.${host}:8888` }))
    const group = etcd.keep(await keepRegistered(etcd.registrar({ format }), orders, { heartbeatMs: 100 }))
    const { leaseId } = group.status()
    const order = { service: 'order', id: '10.0.0.1:8888' }
    const stored = async () => (await keys()).map((key) => key.slice(-13))
    await group.setStatus('draining', order)
    expect(await stored()).toEqual(['10.0.0.2:8888'])
    await wait(2500)
    expect(await stored()).toEqual(['10.0.0.2:8888'])
    expect(group.status()).toMatchObject({ state: 'registered', leaseId, missing: [] })
    await group.setStatus('passing', order)
    expect(await stored()).toEqual(['10.0.0.1:8888', '10.0.0.2:8888'])
    expect(await etcd.admin.lease.list()).toEqual([leaseId])
  })

  it('gives registrations that another process can end, each on its own', async () => {
    const group = await etcd.group([a, b])
    const registration = group.status().registrations.find(({ key }) => key === '/services/web/a')
    if (registration === undefined) throw new Error('a is not registered')
    await etcd.registrar().deregister(JSON.parse(JSON.stringify(registration)))
    expect(await keys()).toEqual(['/services/web/b'])
    expect(await etcd.admin.lease.list()).toEqual([group.status().leaseId])
  })

  it('an instance that goes and comes in the same moment is there in the end', async () => {
    const group = await etcd.group([a, b])
    await Promise.all([group.remove(a), group.add({ ...a, weight: 7 })])
    expect((await etcd.admin.kv.get('/services/web/a'))?.json()).toMatchObject({ weight: 7 })
    expect(group.status().registrations).toHaveLength(2)
  })
})
