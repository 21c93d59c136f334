import { describe, expect, it } from 'vitest'
import { createEtcdClient } from '../../src/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { readRecord, untilRecord } from './etcd-record.ts'
import { runExample, runtimes } from './runtime.ts'

const ttlSeconds = 3
const prefix = '/services/web/'

describeWithEtcd('a process that is frozen for longer than its TTL', () => {
  describe.concurrent.each(runtimes)('on $name', (runtime) => {
    it('is gone meanwhile, and back as soon as it goes on, under one new lease', async () => {
      await using etcd = await startEtcd()
      await using running = runExample(runtime, 'keep-registered.ts', etcd.url, String(ttlSeconds))
      await running.nextLine()
      const client = createEtcdClient({ endpoints: [etcd.url] })
      const before = await readRecord(client, prefix)

      running.kill('SIGSTOP')
      await untilRecord(etcd.url, prefix, ({ key }) => key === undefined, 20_000)
      running.kill('SIGCONT')
      const states: string[] = []
      while (states.at(-1) !== 'registered') {
        const line = await running.nextLine()
        // A connection may have died in its sleep.
        if (!line.startsWith('trouble')) states.push(line)
      }

      expect(states).toEqual(['lost', 'registering', 'registered'])
      const after = await readRecord(client, prefix)
      expect(after.key).toBe(before.key)
      expect(after.leases).toEqual([after.leaseId])
      expect(after.leaseId).not.toBe(before.leaseId)
      expect(after.revision).toBe(before.revision + 2)
      running.kill('SIGTERM')
      expect(await running.ended).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await readRecord(client, prefix)).toMatchObject({ key: undefined, leases: [] })
    })
  })
})
