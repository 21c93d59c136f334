import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { key, useSwitchedEtcd } from './switched-etcd.ts'

describeWithEtcd('an instance whose health check says no', () => {
  const etcd = useSwitchedEtcd()

  it('is dropped by etcd when its TTL is over, and is back when it is well', async () => {
    let healthy = true
    const session = await etcd.session({ healthCheck: () => healthy })
    const old = session.status().leaseId
    healthy = false
    await eventually(async () => expect(await etcd.admin.kv.get(key)).toBeUndefined())
    await eventually(() => expect(session.status()).toMatchObject({ state: 'lost', healthy: false }))
    expect(await etcd.admin.lease.list()).toEqual([])
    healthy = true
    await eventually(() => expect(session.status()).toMatchObject({ state: 'registered', healthy: true }))
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(session.status().leaseId)
    expect(session.status().leaseId).not.toBe(old)
  })
})
