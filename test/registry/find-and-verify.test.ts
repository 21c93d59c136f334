import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { key, useSwitchedEtcd, web } from './switched-etcd.ts'

describeWithEtcd('a registration that is looked at', () => {
  const etcd = useSwitchedEtcd(5)

  it('looking at a key that is as it should be writes nothing', async () => {
    const registrar = etcd.registrar()
    const registration = await registrar.register(web)
    etcd.line.calls.length = 0
    expect(await registrar.verify(registration)).toBe(registration)
    expect(etcd.line.calls).toEqual(['kv/range'])
  })

  it.each([
    ['deleted', () => etcd.admin.kv.delete(key)],
    ['overwritten without a lease', () => etcd.admin.kv.put(key, 'nonsense')],
  ])('puts a key that was %s again, under the same lease', async (_, harm) => {
    const registrar = etcd.registrar()
    const registration = await registrar.register(web)
    await harm()
    const verified = await registrar.verify(registration)
    const stored = await etcd.admin.kv.get(key)
    expect(stored).toMatchObject({ leaseId: registration.leaseId, modRevision: verified.revision })
    expect(stored?.value).toBe('{"address":"10.0.0.7:80","weight":100,"tags":{}}')
  })

  it('never puts a key again that another lease holds', async () => {
    const registrar = etcd.registrar()
    const registration = await registrar.register(web)
    const other = await registrar.register({ ...web, address: '10.0.0.8:80' })
    await expect(registrar.verify(registration)).rejects.toMatchObject({
      code: 'INSTANCE_CONFLICT',
      leaseId: other.leaseId,
    })
    expect((await etcd.admin.kv.get(key))?.json()).toMatchObject({ address: '10.0.0.8:80' })
  })

  it('finds a registration as etcd has it, whoever made it, and nothing where there is none', async () => {
    const registrar = etcd.registrar()
    const registration = await registrar.register({ ...web, tags: { env: 'prod' } })
    const { renewedAt, lookedAt, ...found } = (await registrar.find({ service: 'web', id: 'a' })) ?? { renewedAt: 0 }
    const { renewedAt: _, lookedAt: madeAt = 0, ...made } = registration
    expect(found).toEqual(made)
    expect(Math.abs(renewedAt - registration.renewedAt)).toBeLessThan(2000)
    expect(lookedAt).toBeGreaterThanOrEqual(madeAt)
    expect(await registrar.find({ service: 'web', id: 'b' })).toBeUndefined()
  })
})
