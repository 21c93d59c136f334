import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEtcdClient, createRegistrar } from '../../src/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { freePort } from '../support/free-port.ts'
import { startInstanceServer } from '../support/instance-server.ts'
import { readRecord } from './etcd-record.ts'
import { runExample, runtimes } from './runtime.ts'

describeWithEtcd('the examples, with the built package', () => {
  let etcd: Etcd
  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(() => etcd.stop())

  describe.each(runtimes)('on $name', (runtime) => {
    it('registers two instances, finds both and leaves nothing behind', async () => {
      await using running = runExample(runtime, 'register-and-find.ts', etcd.url)
      expect(await running.ended).toEqual({
        stdout: 'resolved: 10.0.0.1:80,10.0.0.2:80\npicked: 10.0.0.1:80,10.0.0.2:80',
        stderr: '',
        exitCode: 0,
      })
      const client = createEtcdClient({ endpoints: [etcd.url] })
      expect(await readRecord(client, '/services/shop/')).toMatchObject({ key: undefined, leases: [] })
    })

    it.each(['SIGINT', 'SIGTERM'] as const)('stays registered until %s, and deregisters then', async (signal) => {
      const client = createEtcdClient({ endpoints: [etcd.url] })
      await using running = runExample(runtime, 'keep-registered.ts', etcd.url)
      const line = await running.nextLine()
      const { key, leaseId, leases } = await readRecord(client, '/services/web/')
      expect(line).toBe(`registered as ${key}`)
      expect(leases).toEqual([leaseId])
      running.kill(signal)
      expect(await running.ended).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await readRecord(client, '/services/web/')).toMatchObject({ key: undefined, leases: [] })
    })

    it('calls past an instance that is down, and lets go of both', async () => {
      await using running = runExample(runtime, 'endpointer-with-retry.ts', etcd.url)
      const { stdout, ...ended } = await running.ended
      const [answer, ...closed] = stdout.split('\n')
      expect(answer).toMatch(/^answer: \{"health":"true"/)
      expect(closed.sort()).toEqual(['let go of the one that is down', 'let go of the one that is up'])
      expect(ended).toEqual({ stderr: '', exitCode: 0 })
      const client = createEtcdClient({ endpoints: [etcd.url] })
      expect(await readRecord(client, '/services/health/')).toMatchObject({ key: undefined, leases: [] })
    })

    it('calls a service by its name, although one of its instances is not there', async () => {
      await using instance = await startInstanceServer((request, response) => response.end(`at ${request.url}`))
      const client = createEtcdClient({ endpoints: [etcd.url] })
      // The runtimes share an etcd, and what the one before has called is gone by now.
      await client.kv.delete({ prefix: '/services/cafe/' })
      const addresses = [`127.0.0.1:${await freePort()}`, instance.address]
      for (const address of addresses) await client.kv.put(`/services/cafe/${address}`, JSON.stringify({ address }))
      await using running = runExample(runtime, 'service-fetch.ts', 'http://cafe/menu?day=1', etcd.url)
      expect(await running.ended).toEqual({
        stdout: `200 from ${instance.address}: at /menu?day=1`,
        stderr: '',
        exitCode: 0,
      })
    })

    it('renews in each run of a job what the run before it has printed, and registers again when that is gone', async () => {
      const client = createEtcdClient({ endpoints: [etcd.url] })
      const run = async (...stored: readonly string[]): Promise<string> => {
        await using running = runExample(runtime, 'cron-renewal.ts', etcd.url, ...stored)
        const { stdout, stderr, exitCode } = await running.ended
        expect([stderr, exitCode]).toEqual(['', 0])
        return stdout
      }
      const first = await run()
      const { key, leaseId, modRevision } = await readRecord(client, '/services/job/')
      expect(JSON.parse(first)).toMatchObject({ key, leaseId, revision: modRevision })
      const second = await run(first)
      expect(await readRecord(client, '/services/job/')).toMatchObject({ leaseId, modRevision })
      expect(JSON.parse(second).renewedAt).toBeGreaterThan(JSON.parse(first).renewedAt)
      await client.lease.revoke(JSON.parse(second).leaseId)
      const third = JSON.parse(await run(second))
      expect(await readRecord(client, '/services/job/')).toMatchObject({ key, leases: [third.leaseId] })
      await client.lease.revoke(third.leaseId)
    })

    it('registers a frozen function with its first call and sends nothing with the next', async () => {
      const client = createEtcdClient({ endpoints: [etcd.url] })
      await using running = runExample(runtime, 'frozen-function.ts', etcd.url)
      expect(await running.ended).toEqual({
        stdout: 'call 1: lease/grant kv/txn\ncall 2: nothing sent\ncall 3: nothing sent',
        stderr: '',
        exitCode: 0,
      })
      const { key, leaseId, leases } = await readRecord(client, '/services/fn/')
      expect(key).toBe('/services/fn/fn-1')
      expect(leases).toEqual([leaseId])
      for (const each of leases) await client.lease.revoke(each)
    })

    it('prints who comes and goes', async () => {
      const registrar = createRegistrar(createEtcdClient({ endpoints: [etcd.url] }))
      await using running = runExample(runtime, 'watch-instances.ts', 'inn', etcd.url)
      expect(await running.nextLine()).toBe('inn: nobody')
      const registration = await registrar.register({ service: 'inn', address: '10.0.0.9:80' })
      expect(await running.nextLine()).toBe('inn: 10.0.0.9:80')
      await registrar.deregister(registration)
      expect(await running.nextLine()).toBe('inn: nobody')
      running.kill('SIGTERM')
      expect(await running.ended).toMatchObject({ exitCode: 0, stderr: '' })
    })

    it.each([
      ['observe-opentelemetry.ts', /^\s*name: ['"]kv\/range['"],$/m],
      ['observe-prometheus.ts', /^etcd_client_attempts_total\{call="kv\/range",endpoint="\S+",code="OK"\} 1$/m],
    ])('%s prints what it sees of a read', async (example, line) => {
      await using running = runExample(runtime, example, etcd.url)
      expect(await running.ended).toEqual({ stdout: expect.stringMatching(line), stderr: '', exitCode: 0 })
    })
  })
})
