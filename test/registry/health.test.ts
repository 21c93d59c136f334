import { keepRegistered } from 'etcd-edge/registry'
import { expect, it, vi } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { useSwitchedEtcd } from './switched-etcd.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const key = '/services/web/a'
const patient = { timeout: 10_000, interval: 50 }

describeWithEtcd('an instance whose health check says no', () => {
  const etcd = useSwitchedEtcd()

  it('is dropped by etcd when its TTL is over, and is back when it is well', async () => {
    let healthy = true
    const session = etcd.keep(await keepRegistered(etcd.registrar(), web, { healthCheck: () => healthy }))
    const old = session.status().leaseId
    healthy = false
    await vi.waitFor(async () => expect(await etcd.admin.kv.get(key)).toBeUndefined(), patient)
    await vi.waitFor(() => expect(session.status()).toMatchObject({ state: 'lost', healthy: false }), patient)
    expect(await etcd.admin.lease.list()).toEqual([])
    healthy = true
    await vi.waitFor(() => expect(session.status()).toMatchObject({ state: 'registered', healthy: true }), patient)
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(session.status().leaseId)
    expect(session.status().leaseId).not.toBe(old)
  })
})
