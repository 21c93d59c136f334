import { goZero, type InstanceFormat, kitex, rpcx, skydns } from 'etcd-edge/instance'
import { createRegistrar, keepRegistered } from 'etcd-edge/registry'
import { createInstancer, createResolver } from 'etcd-edge/resolver'
import { describe, expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { golden, lease } from '../unit/instance/golden-rows.ts'
import { useSwitchedEtcd } from './switched-etcd.ts'

describeWithEtcd('a registrar that writes as another framework', () => {
  const etcd = useSwitchedEtcd()
  const registrarOf = (format: InstanceFormat) => createRegistrar(etcd.client, { format })
  const stored = async () => (await etcd.stored()).map(({ key, value }) => [key, value])
  const arith = { service: 'Arith', address: '10.0.0.4:8972' }
  const markers = [
    ['/rpcx_test', 'rpcx_path'],
    ['/rpcx_test/Arith', 'Arith'],
  ]

  describe.each(golden)('$name', ({ format, key, value, input }) => {
    const beside = format.name === 'rpcx' ? markers : []

    it('puts the bytes of the framework, in one grant and one transaction, and leaves no instance behind', async () => {
      const registration = await registrarOf(format).register(input)
      const own = key.replace(lease, registration.leaseId)
      expect(etcd.line.calls).toEqual(['lease/grant', 'kv/txn'])
      expect(await stored()).toEqual([...beside, [own, value]])
      expect((await etcd.admin.kv.get(own))?.leaseId).toBe(registration.leaseId)
      expect((await etcd.admin.lease.timeToLive(registration.leaseId, { keys: true })).keys).toEqual([own])
      expect(registration).toMatchObject({ key: own, ttlSeconds: format.defaults.ttlSeconds })
      await registrarOf(format).deregister(registration)
      expect(await stored()).toEqual(beside)
      expect(await etcd.admin.lease.list()).toEqual([])
    })

    it('is resolved again as it was registered, cached and live, by its service and among all', async () => {
      const { instance, leaseId } = await registrarOf(format).register(input)
      const resolver = createResolver(etcd.client, { format })
      await using instancer = createInstancer(etcd.client, input.service, { format })
      await instancer.ready()
      const [expected] = format.decode(format.key(instance, leaseId), format.encode(instance))
      expect(expected).toMatchObject({ id: instance.id, service: input.service, address: input.address })
      const snapshots = [await resolver.resolve(input.service), instancer.snapshot()]
      for (const { instances, rejected } of snapshots) {
        expect(instances).toEqual([expect.objectContaining({ ...expected, leaseId })])
        expect(rejected).toBe(0)
      }
      const all = await resolver.resolveAll()
      expect(all).toMatchObject({ rejected: 0, services: [{ service: input.service, instances: [expected] }] })
    })

    it('is found by its id, is as it should be, and is kept by who comes back with it', async () => {
      const registrar = registrarOf(format)
      const registration = await registrar.register(input)
      const { service, id } = registration.instance
      const found = await registrar.find({ service, id })
      expect(found).toMatchObject({ key: registration.key, leaseId: registration.leaseId, instance: { service, id } })
      etcd.line.calls.length = 0
      expect(found && (await registrar.verify(found))).toBe(found)
      expect(await registrar.register(input, { previous: registration })).toBe(registration)
      expect(etcd.line.calls).toEqual(['kv/range'])
    })
  })

  it('rpcx: the markers are put once, under no lease, and stay for the clients that want them', async () => {
    const registrar = registrarOf(rpcx())
    const first = await registrar.register(arith)
    const second = await registrar.register({ ...arith, address: '10.0.0.5:8972' })
    const kvs = (await etcd.stored()).slice(0, 2)
    expect(kvs.map(({ leaseId, version }) => [leaseId, version])).toEqual([
      ['0', 1],
      ['0', 1],
    ])
    await registrar.deregister(first)
    await registrar.deregister(second)
    expect(await stored()).toEqual(markers)
    expect((await createResolver(etcd.client, { format: rpcx() }).resolve('Arith')).instances).toEqual([])
  })

  it('rpcx: an empty value that was deleted or overwritten is put again', async () => {
    const registrar = registrarOf(rpcx())
    const registration = await registrar.register(arith)
    await etcd.admin.kv.delete(registration.key)
    await registrar.verify(registration)
    await etcd.admin.kv.put(registration.key, 'weight=9')
    await registrar.verify(registration)
    expect(await stored()).toEqual([...markers, [registration.key, '']])
    const heavier = await registrar.register({ ...arith, weight: 2 }, { previous: registration })
    await registrar.register(arith, { previous: heavier })
    expect(await stored()).toEqual([...markers, [registration.key, '']])
  })

  it('go-zero: a lost lease is replaced by a new one under a new key, also by who beats', async () => {
    const registrar = registrarOf(goZero())
    const input = { service: 'user.rpc', address: '10.0.0.5:8080' }
    await using session = await keepRegistered(registrar, input, { heartbeatMs: 50 })
    const first = session.status().registration
    await etcd.admin.lease.revoke(first.leaseId)
    await eventually(() => expect(session.status().registration.leaseId).not.toBe(first.leaseId))
    const second = session.status().registration
    expect(second).toMatchObject({ key: `user.rpc/${second.leaseId}`, instance: { id: second.leaseId } })
    expect(await stored()).toEqual([[second.key, '10.0.0.5:8080']])

    const third = await registrar.register(input, { previous: second, ttlSeconds: 20 })
    expect(third.key).toBe(`user.rpc/${third.leaseId}`)
    expect(await stored()).toEqual([[third.key, '10.0.0.5:8080']])
    await registrar.deregister(third)
  })

  it('go-zero: an id of its own is kept over leases', async () => {
    const registrar = registrarOf(goZero())
    const input = { service: 'user.rpc', address: '10.0.0.5:8080', id: '7' }
    const first = await registrar.register(input)
    await etcd.admin.lease.revoke(first.leaseId)
    const second = await registrar.register(input, { previous: { ...first, renewedAt: 0 } })
    expect(second).toMatchObject({ key: 'user.rpc/7' })
    expect(second.leaseId).not.toBe(first.leaseId)
  })

  it.each(['a1.eu', '@'])('SkyDNS: finds what is registered as %s, deeper or at the name itself', async (id) => {
    const registrar = registrarOf(skydns())
    const { key } = await registrar.register({ service: 'pay.cluster.local', id, address: '10.0.0.1:80' })
    expect(await registrar.find({ service: 'pay.cluster.local', id })).toMatchObject({ key, instance: { id } })
  })

  it.each([
    ['kitex', kitex(), 'order'],
    ['rpcx', rpcx(), 'Arith'],
    ['skydns', skydns(), 'pay.cluster.local'],
  ])('%s: who moves to another address gets the key of that address', async (_, format, service) => {
    const registrar = registrarOf(format)
    const previous = await registrar.register({ service, address: '10.0.0.1:80' })
    const moved = await registrar.register({ service, address: '10.0.0.2:80' }, { previous })
    expect(moved.key).not.toBe(previous.key)
    const kept = (await stored()).filter(([key]) => key?.startsWith(format.dir(service)))
    expect(kept.map(([key]) => key)).toEqual([moved.key])
  })
})
