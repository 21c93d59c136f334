import { createEtcdClient, type EtcdClient, randomLeaseId } from 'etcd-edge/http-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { watchInBackground } from './watching.ts'

describeWithNewestEtcd('a client of an etcd with an alarm', ({ path: binary }) => {
  let etcd: Etcd
  let client: EtcdClient
  const leaseId = randomLeaseId()
  const free: AsyncDisposable[] = []

  beforeEach(async () => {
    etcd = await startEtcd({ binary, args: [`--quota-backend-bytes=${2 * 1024 * 1024}`] })
    client = createEtcdClient({ endpoints: [etcd.url], requireLeader: false })
    await client.lease.grant(300, { leaseId })
    await client.kv.put('/leased', '1', { leaseId })
  })
  afterEach(async () => {
    for (const each of free.splice(0)) await each[Symbol.asyncDispose]()
    await etcd?.stop()
  })

  test('S22 NOSPACE: writes are refused as a matter for the operator, all else goes on, until the alarm is cleared', async () => {
    const full = { code: 'RPC', grpcCode: 8, retryable: false, message: /database space exceeded/, endpoint: etcd.url }
    const watching = watchInBackground(client.watch({ key: '/leased', startRevision: 1 }))
    free.push(watching)
    const fill = async () => {
      const value = 'x'.repeat(100_000)
      for (;;) await client.kv.put('/big', value)
    }
    await expect(fill()).rejects.toMatchObject(full)

    await expect(client.kv.put('/leased', '2')).rejects.toMatchObject(full)
    await expect(client.lease.grant(60)).rejects.toMatchObject(full)
    const lock = client.lock.lock('/lock', leaseId)
    await expect(lock).rejects.toMatchObject({ code: 'RPC', retryable: false, message: /database space exceeded/ })
    expect(await client.kv.get('/leased')).toMatchObject({ value: '1' })
    expect(await client.lease.keepAliveOnce(leaseId)).toMatchObject({ ttlSeconds: 300 })
    const { memberId, errors } = await client.status()
    expect(errors.join()).toMatch(/NOSPACE/)
    expect(await client.maintenance.alarmList()).toEqual([{ memberId, alarm: 'NOSPACE' }])
    await client.kv.delete('/big')
    await client.lease.revoke(leaseId)
    await eventually(() => expect(watching.events().map(({ type }) => type)).toEqual(['put', 'delete']))

    await client.kv.compact((await client.kv.list({ prefix: '/', countOnly: true })).revision)
    await client.maintenance.defragment({ timeoutMs: 20_000 })
    await client.maintenance.alarmDisarm({ memberId, alarm: 'NOSPACE' })
    expect(await client.maintenance.alarmList()).toEqual([])
    await client.kv.put('/leased', '3')
    await eventually(() => expect(watching.values()).toEqual(['1', '3']))
  })

  test('S23 CORRUPT: writes, grants and revokes are refused, reads and keep-alives go on', async () => {
    const { memberId } = await client.status()
    const body = JSON.stringify({ action: 'ACTIVATE', memberID: memberId, alarm: 'CORRUPT' })
    await (await fetch(`${etcd.url}/v3/maintenance/alarm`, { method: 'POST', body })).text()

    const corrupt = { code: 'RPC', grpcCode: 15, retryable: false, message: /corrupt cluster/, endpoint: etcd.url }
    await expect(client.kv.put('/leased', '2')).rejects.toMatchObject(corrupt)
    await expect(client.lease.grant(60)).rejects.toMatchObject(corrupt)
    await expect(client.lease.revoke(leaseId)).rejects.toMatchObject(corrupt)
    await expect(client.kv.compact(2)).rejects.toMatchObject(corrupt)
    expect(await client.kv.get('/leased')).toMatchObject({ value: '1' })
    expect(await client.lease.keepAliveOnce(leaseId)).toMatchObject({ ttlSeconds: 300 })
    expect(await client.maintenance.alarmList()).toEqual([{ memberId, alarm: 'CORRUPT' }])
  })
})
