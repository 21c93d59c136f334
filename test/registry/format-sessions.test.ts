import { goZero, type InstanceFormat, type InstanceInput, rpcx } from 'etcd-edge/instance'
import { keepRegistered } from 'etcd-edge/registry'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { useSwitchedEtcd } from './switched-etcd.ts'
import { toldStates } from './told-states.ts'

const user = { service: 'user.rpc', address: '10.0.0.5:8080' }
const arith = { service: 'Arith', address: '10.0.0.4:8972' }
/** What rpcx's clients want beside the instances: under no lease, and left behind. */
const markers = [
  ['/rpcx_test', 'rpcx_path', '0'],
  ['/rpcx_test/Arith', 'Arith', '0'],
]

describeWithEtcd('what is kept registered as another framework would', () => {
  const etcd = useSwitchedEtcd(60)
  const heartbeatMs = 100
  const keepOne = async (format: InstanceFormat, input: InstanceInput) =>
    etcd.keep(await keepRegistered(etcd.registrar({ format }), input, { heartbeatMs }))
  const keepAll = async (format: InstanceFormat, inputs: readonly InstanceInput[]) =>
    etcd.keep(await keepRegistered(etcd.registrar({ format }), inputs, { heartbeatMs }))
  const stored = async () => (await etcd.stored()).map(({ key, value, leaseId }) => [key, value, leaseId])
  /** Revokes the lease of what is kept, and gives the one that it has afterwards. */
  const loseLease = async (session: { status(): { readonly state: string; readonly leaseId: string } }) => {
    const old = session.status().leaseId
    await etcd.admin.lease.revoke(old)
    await eventually(() => {
      const { state, leaseId } = session.status()
      expect([state, leaseId === old]).toEqual(['registered', false])
    })
    const { leaseId } = session.status()
    expect(await etcd.admin.lease.list()).toEqual([leaseId])
    return leaseId
  }

  it('go-zero: each lease has a key of its own, and nothing is left of the one before', async () => {
    const session = await keepOne(goZero(), user)
    const first = session.status().leaseId
    expect(await stored()).toEqual([[`user.rpc/${first}`, user.address, first]])
    for (const _ of ['once', 'and again']) {
      etcd.line.calls.length = 0
      const leaseId = await loseLease(session)
      expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn'])
      expect(await stored()).toEqual([[`user.rpc/${leaseId}`, user.address, leaseId]])
      const { registration } = session.status()
      expect(registration).toMatchObject({ key: `user.rpc/${leaseId}`, leaseId, instance: { id: leaseId } })
    }
    await session.close()
    expect(await stored()).toEqual([])
    expect(await etcd.admin.lease.list()).toEqual([])
  })

  it('go-zero: an update keeps the key, under the first lease and the next, and while there is none', async () => {
    const session = await keepOne(goZero(), user)
    for (const port of [8081, 8082]) {
      const address = `10.0.0.5:${port}`
      const { leaseId } = await session.update({ ...user, address })
      expect(await stored()).toEqual([[`user.rpc/${leaseId}`, address, leaseId]])
      await loseLease(session)
    }
    await etcd.admin.lease.revoke(session.status().leaseId)
    const { leaseId, key } = await session.update(user)
    expect(key).toBe(`user.rpc/${leaseId}`)
    expect(await stored()).toEqual([[key, user.address, leaseId]])
  })

  it('go-zero: a drained instance that has lost its lease is back under the key of the next', async () => {
    const session = await keepOne(goZero(), user)
    await session.setStatus('draining')
    expect(await stored()).toEqual([])
    const states = toldStates(session)
    await etcd.admin.lease.revoke(session.status().leaseId)
    await eventually(() => expect(states).toContain('lost'))
    await session.setStatus('passing')
    const { leaseId } = session.status()
    expect(await stored()).toEqual([[`user.rpc/${leaseId}`, user.address, leaseId]])
    expect(await etcd.admin.lease.list()).toEqual([leaseId])
  })

  it('go-zero: an id of its own stays over leases', async () => {
    const session = await keepOne(goZero(), { ...user, id: '7' })
    const leaseId = await loseLease(session)
    expect(await stored()).toEqual([['user.rpc/7', user.address, leaseId]])
  })

  it('go-zero: several under one lease have an id each, which they keep under the next', async () => {
    const addresses = [8080, 8081, 8082].map((port) => `10.0.0.5:${port}`)
    const inputs = addresses.map((address) => ({ service: 'user.rpc', address }))
    const group = await keepAll(goZero(), inputs)
    const before = await stored()
    expect(before.map(([, value]) => value).sort()).toEqual(addresses)
    const leaseId = await loseLease(group)
    expect(await stored()).toEqual(before.map(([key, value]) => [key, value, leaseId]))
    const [first] = group.status().registrations
    if (first === undefined) throw new Error('nothing is registered')
    await group.remove(first.instance)
    expect(await stored()).toHaveLength(2)
    await group.close()
    expect(await stored()).toEqual([])
    expect(await etcd.admin.lease.list()).toEqual([])
  })

  it('rpcx: empty values, and the markers beside them, in one write; back under a new lease', async () => {
    const session = await keepOne(rpcx(), arith)
    const key = '/rpcx_test/Arith/tcp@10.0.0.4:8972'
    expect(await stored()).toEqual([...markers, [key, '', session.status().leaseId]])
    await etcd.admin.kv.delete({ prefix: '/rpcx_test' })
    etcd.line.calls.length = 0
    const leaseId = await loseLease(session)
    expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn'])
    expect(await stored()).toEqual([...markers, [key, '', leaseId]])
    await session.close()
    expect(await stored()).toEqual(markers)
    expect(await etcd.admin.lease.list()).toEqual([])
  })

  it('rpcx: more instances than a request holds, with the markers put once', async () => {
    const many = Array.from({ length: 200 }, (_, index) => ({ ...arith, address: `10.0.0.4:${1000 + index}` }))
    const group = await keepAll(rpcx(), many)
    expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn', 'kv/txn'])
    const under = (leaseId: string) => many.map(({ address }) => [`/rpcx_test/Arith/tcp@${address}`, '', leaseId])
    expect(await stored()).toEqual([...markers, ...under(group.status().leaseId)])
    const leaseId = await loseLease(group)
    expect(await stored()).toEqual([...markers, ...under(leaseId)])
    const [marker] = await etcd.stored()
    expect(marker?.version).toBe(1)
    await group.close()
    expect(await stored()).toEqual(markers)
    expect(await etcd.admin.lease.list()).toEqual([])
  })

  it('rpcx: instances of many services, each with a marker of its own, fit into requests that etcd takes', async () => {
    const many = Array.from({ length: 130 }, (_, index) => ({ ...arith, service: `S${index}` }))
    const group = await keepAll(rpcx(), many)
    expect(group.status().registrations).toHaveLength(130)
    // Base, services and instances.
    expect(await stored()).toHaveLength(1 + 130 + 130)
    await group.close()
    expect(await stored()).toHaveLength(1 + 130)
  })
})
