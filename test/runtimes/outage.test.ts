import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createEtcdClient } from '../../src/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { readRecord, untilRecord } from './etcd-record.ts'
import { type RunningExample, type Runtime, runExample, runtimes } from './runtime.ts'

const ttlSeconds = 3
const twoTtlsMs = 2 * ttlSeconds * 1000
const prefix = '/services/web/'

describeWithEtcd('an instance that is kept registered', () => {
  describe.concurrent.each(runtimes)('on $name', (runtime) => {
    it('is back seconds after an outage of two TTLs, under one new lease', async () => {
      await using etcd = await startEtcd()
      await using proxy = await startTcpProxy(etcd.url)
      await using _running = await startExample(runtime, proxy.url)
      const client = createEtcdClient({ endpoints: [etcd.url] })
      const before = await readRecord(client, prefix)

      await proxy.cut()
      await sleep(twoTtlsMs)
      expect(await readRecord(client, prefix)).toMatchObject({ key: undefined, leases: [] })
      await proxy.restore()
      const tookMs = await untilRecord(etcd.url, prefix, ({ key }) => key !== undefined, 60_000)

      const after = await readRecord(client, prefix)
      // 3 s on a machine that is not busy: what waits between attempts is at most 2 s.
      expect(tookMs).toBeLessThan(8000)
      expect(after.key).toBe(before.key)
      expect(after.leases).toEqual([after.leaseId])
      expect(after.leaseId).not.toBe(before.leaseId)
      // The old lease took its key along in one revision, and the put is the next: nothing else was written.
      expect(after.revision).toBe(before.revision + 2)
      await sleep(1.5 * ttlSeconds * 1000)
      expect(await readRecord(client, prefix)).toEqual(after)
    })

    it('writes nothing when etcd was killed and comes back on its data after two TTLs', async () => {
      await using etcd = await startEtcd()
      await using running = await startExample(runtime, etcd.url)
      const client = createEtcdClient({ endpoints: [etcd.url] })
      const before = await readRecord(client, prefix)

      await etcd.kill()
      await sleep(twoTtlsMs)
      await etcd.restart()
      // Lost while etcd was away, for longer than the lease lasts; then registered, by the old lease's word.
      const states: string[] = []
      while (states.at(-1) !== 'registered') {
        const line = await running.nextLine()
        if (!line.startsWith('trouble')) states.push(line)
      }
      expect(states).toEqual(['lost', 'registered'])
      expect(await readRecord(client, prefix)).toEqual(before)
      // And it is kept: the restarted etcd gave the lease its whole TTL once, no more.
      await sleep(1.5 * ttlSeconds * 1000)
      expect(await readRecord(client, prefix)).toEqual(before)
    })
  })
})

async function startExample(runtime: Runtime, url: string): Promise<RunningExample> {
  const running = runExample(runtime, 'keep-registered.ts', url, String(ttlSeconds))
  await running.nextLine()
  return running
}
