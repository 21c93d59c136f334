import { kitex } from 'etcd-edge/instance'
import type { Registration } from 'etcd-edge/registry'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { key, useSwitchedEtcd, web } from './switched-etcd.ts'

/** The registration as it is for a function that was frozen for so long. */
const aged = (registration: Registration, ms: number): Registration => ({
  ...JSON.parse(JSON.stringify(registration)),
  renewedAt: registration.renewedAt - ms,
  lookedAt: (registration.lookedAt ?? 0) - ms,
})

describeWithEtcd('a function that is frozen between calls, with what it had registered before', () => {
  const etcd = useSwitchedEtcd()
  const start = async () => {
    const registrar = etcd.registrar({ ttlSeconds: 9 })
    const previous = await registrar.register(web)
    etcd.line.calls.length = 0
    return { registrar, previous }
  }

  it('sends nothing while more than two thirds of the TTL are left', async () => {
    const { registrar, previous } = await start()
    const frozen = aged(previous, 2500)
    expect(await registrar.register(web, { previous: frozen })).toBe(frozen)
    expect(etcd.line.calls).toEqual([])
  })

  it('sends a keep-alive when less than two thirds are left', async () => {
    const { registrar, previous } = await start()
    const renewed = await registrar.register(web, { previous: aged(previous, 3500) })
    expect(etcd.line.calls).toEqual(['lease/keepalive'])
    expect(renewed).toMatchObject({ leaseId: previous.leaseId, revision: previous.revision })
  })

  it('looks at its key as well when that is a whole TTL ago, and writes nothing when all is well', async () => {
    const { registrar, previous } = await start()
    const renewed = await registrar.register(web, { previous: aged(previous, 9100) })
    expect(etcd.line.calls).toEqual(['lease/keepalive', 'kv/range'])
    expect(renewed.revision).toBe(previous.revision)
    etcd.line.calls.length = 0
    await registrar.register(web, { previous: aged(renewed, 4000) })
    expect(etcd.line.calls).toEqual(['lease/keepalive'])
  })

  it('puts a key again that was deleted by hand, under the same lease', async () => {
    const { registrar, previous } = await start()
    await etcd.admin.kv.delete(key)
    const again = await registrar.register(web, { previous: aged(previous, 9100) })
    expect(await etcd.admin.kv.get(key)).toMatchObject({ leaseId: previous.leaseId, modRevision: again.revision })
    expect(await etcd.admin.lease.list()).toEqual([previous.leaseId])
  })

  it('leaves its key to a process that has taken it, and says so with onConflict "fail"', async () => {
    const { registrar, previous } = await start()
    const taken = await registrar.register({ ...web, address: '10.0.0.8:80' })
    await registrar.register(web, { previous: aged(previous, 9100) })
    expect(await etcd.admin.kv.get(key)).toMatchObject({ leaseId: taken.leaseId })
    const failing = registrar.register(web, { previous: aged(previous, 9100), onConflict: 'fail' })
    await expect(failing).rejects.toMatchObject({ code: 'INSTANCE_CONFLICT', leaseId: taken.leaseId })
    expect((await etcd.admin.kv.get(key))?.json()).toMatchObject({ address: '10.0.0.8:80' })
  })

  it('takes a new lease when it has slept for too long', async () => {
    const { registrar, previous } = await start()
    await etcd.admin.lease.revoke(previous.leaseId)
    const again = await registrar.register(web, { previous: aged(previous, 20_000) })
    expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn'])
    expect(await etcd.admin.lease.list()).toEqual([again.leaseId])
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(again.leaseId)
  })

  it.each([3_600_000, -3_600_000])('asks etcd when its clock has jumped by %d ms', async (jumpMs) => {
    const { registrar, previous } = await start()
    const renewed = await registrar.register(web, { previous: aged(previous, jumpMs) })
    expect(etcd.line.calls).toEqual(['lease/keepalive', 'kv/range'])
    expect(renewed.leaseId).toBe(previous.leaseId)
    expect(Math.abs(renewed.renewedAt - Date.now())).toBeLessThan(10_000)
  })

  it('writes once, under the same lease, when the instance has changed', async () => {
    const { registrar, previous } = await start()
    const changed = await registrar.register({ ...web, weight: 5 }, { previous })
    expect(etcd.line.calls).toEqual(['kv/txn'])
    const stored = await etcd.admin.kv.get(key)
    expect(stored).toMatchObject({ leaseId: previous.leaseId, version: 2, modRevision: changed.revision })
    expect(stored?.json()).toMatchObject({ weight: 5 })
  })

  it('takes a new lease, and gives the old one back, when another TTL is asked for', async () => {
    const { registrar, previous } = await start()
    const changed = await registrar.register(web, { previous, ttlSeconds: 20 })
    expect(changed.ttlSeconds).toBe(20)
    expect(await etcd.admin.lease.list()).toEqual([changed.leaseId])
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(changed.leaseId)
  })

  it('does not take a TTL below what etcd grants for another one each time', async () => {
    const registrar = etcd.registrar({ ttlSeconds: 1 })
    const previous = await registrar.register(web)
    const found = await registrar.find({ service: 'web', id: 'a' })
    expect(found).toMatchObject({ leaseId: previous.leaseId, ttlSeconds: 2 })
    expect((await registrar.register(web, { previous: found })).leaseId).toBe(previous.leaseId)
  })

  it('keeps its id when that is left out, and has that of the new address where the address is the id', async () => {
    const unnamed = { service: 'web', address: '10.0.0.7:80' }
    const registrar = etcd.registrar()
    const previous = await registrar.register(unnamed)
    expect((await registrar.register({ ...unnamed, weight: 5 }, { previous })).key).toBe(previous.key)
    const byAddress = etcd.registrar({ format: kitex() })
    const old = await byAddress.register({ service: 'order', address: '10.0.0.1:80' })
    const moved = await byAddress.register({ service: 'order', address: '10.0.0.2:80' }, { previous: old })
    expect(moved.key).toBe('kitex/registry-etcd/order/10.0.0.2:80')
    expect(await etcd.admin.kv.get(old.key)).toBeUndefined()
  })
})
