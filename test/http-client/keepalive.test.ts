import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient, type EtcdClient, type PermissionType, randomLeaseId } from 'etcd-edge/http-client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'

describeWithNewestEtcd('a client of leases and locks', ({ path: binary }) => {
  let etcd: Etcd
  let client: EtcdClient
  let bodies: unknown[]
  beforeAll(async () => {
    etcd = await startEtcd({ binary })
  })
  afterAll(async () => {
    await etcd?.stop()
  })
  beforeEach(() => {
    bodies = []
    client = createEtcdClient({
      endpoints: [etcd.url],
      fetch: (url, init) => {
        bodies.push(init.body)
        return fetch(url, init)
      },
    })
  })

  test('S36 keeps 500 leases alive at once, with one request each that etcd reads to its end', async () => {
    const leases = Array.from({ length: 500 }, () => randomLeaseId())
    await Promise.all(leases.map((leaseId) => client.lease.grant(60, { leaseId, timeoutMs: 20_000 })))
    bodies = []
    const kept = await Promise.all(leases.map((leaseId) => client.lease.keepAliveOnce(leaseId, { timeoutMs: 20_000 })))
    expect(kept.map(({ leaseId }) => leaseId)).toEqual(leases)
    expect(bodies.map((body) => JSON.parse(String(body)))).toEqual(leases.map((ID) => ({ ID })))
    await Promise.all(leases.map((leaseId) => client.lease.revoke(leaseId, { timeoutMs: 20_000 })))
  })

  test('S38 learns that a lease is gone, also when it asks just behind the end of its time', async () => {
    const { leaseId, ttlSeconds } = await client.lease.grant(2)
    await sleep(ttlSeconds * 1000 + 20)
    const late = client.lease.keepAliveOnce(leaseId)
    await expect(late).rejects.toMatchObject({ code: 'LEASE_NOT_FOUND', grpcCode: 5, leaseId, retryable: false })
    expect(await client.lease.timeToLive(leaseId)).toMatchObject({ ttlSeconds: -1 })
  })

  test('S37 waits for a lock as long as it is told to, and leaves no place in the queue behind', async () => {
    const [holder, waiter] = [await client.lease.grant(60), await client.lease.grant(60)]
    const held = await client.lock.lock('/locks/a', holder.leaseId)
    const start = performance.now()
    const waiting = client.lock.lock('/locks/a', waiter.leaseId, { timeoutMs: 500 })
    await expect(waiting).rejects.toMatchObject({ code: 'DEADLINE', endpoint: etcd.url })
    expect(performance.now() - start).toBeLessThan(3000)
    const queue = async () => (await client.kv.list({ prefix: '/locks/a/' })).kvs.map(({ keyBytes }) => keyBytes)
    await eventually(async () => expect(await queue()).toEqual([held.key]))
    await client.lock.unlock(held.key)
    const second = await client.lock.lock('/locks/a', waiter.leaseId, { timeoutMs: 500 })
    await client.lock.unlock(second.key)
  })

  test('S37 a lock under a lease that is gone says so', async () => {
    const gone = client.lock.lock('/locks/b', randomLeaseId())
    await expect(gone).rejects.toMatchObject({ code: 'LEASE_NOT_FOUND', retryable: false })
  })

  test('S39 sends no permission that is not whole, for one without it makes old etcds crash for good', async () => {
    const grant = (type: unknown, target: unknown) =>
      client.auth.roleGrantPermission('reader', type as PermissionType, target as { key: string })
    await expect(grant('read', {})).rejects.toBeInstanceOf(TypeError)
    await expect(grant('read', { key: '' })).rejects.toBeInstanceOf(TypeError)
    await expect(grant(undefined, { key: '/a' })).rejects.toBeInstanceOf(TypeError)
    await expect(grant('READ', { key: '/a' })).rejects.toBeInstanceOf(TypeError)
    expect(bodies).toEqual([])
  })
})
