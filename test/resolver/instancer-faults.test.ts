import { createEtcdClient, type EtcdClient, op } from 'etcd-edge/http-client'
import { createInstancer, type Instancer, type InstancerEvent, type InstancerOptions } from 'etcd-edge/resolver'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { type SwitchableFetch, switchableFetch } from '../support/switchable-fetch.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const record = (address: string) => JSON.stringify({ address })

describeWithEtcd('an instancer', () => {
  let server: Etcd
  let proxy: TcpProxy
  let admin: EtcdClient
  let line: SwitchableFetch
  let etcd: EtcdClient
  const instancers: Instancer[] = []
  const start = (options: InstancerOptions = {}) => {
    const instancer = createInstancer(etcd, 'web', options)
    instancers.push(instancer)
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    return { instancer, events, ids: () => instancer.snapshot().instances.map(({ id }) => id) }
  }

  beforeAll(async () => {
    server = await startEtcd()
    proxy = await startTcpProxy(server.url)
    admin = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await server?.stop()
  })
  beforeEach(async () => {
    await admin.kv.delete({ prefix: '' })
    line = switchableFetch()
    etcd = createEtcdClient({ endpoints: [proxy.url], fetch: line.fetch })
  })
  afterEach(async () => {
    await Promise.all(instancers.splice(0).map((instancer) => instancer.close()))
    await proxy.restore()
  })

  it('misses nothing that happens between its list and its watch', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    line.on(async (path, phase) => {
      if (path !== 'watch' || phase !== 'sent') return
      line.on(() => {})
      await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
      await admin.kv.delete('/services/web/a')
    })
    const { ids } = start()
    await eventually(() => expect(ids()).toEqual(['b']))
    expect(line.calls).toEqual(['kv/range', 'watch'])
  })

  it('notices a connection that is dead and says nothing, and then misses nothing', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const { instancer, events, ids } = start({ watch: { idleMs: 500, headerTimeoutMs: 500 } })
    await instancer.ready()
    proxy.setFault({ kind: 'stall' })
    await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    expect(ids()).toEqual(['a'])
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'DEADLINE', retryable: true } })
    await proxy.restore()
    await eventually(() => expect(instancer.snapshot()).toMatchObject({ stale: false, instances: [{}, {}] }))
    expect(line.calls.filter((path) => path === 'kv/range')).toHaveLength(1)
  })

  it('is told of a compaction on a stream that stays open, lists at once, and tells of no error', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    let wasReset = false
    // The list is answered, and history is gone before the watch is asked for: etcd cancels it and hangs up nothing.
    line.on(async (path, phase) => {
      if (path !== 'watch' || phase !== 'sent' || wasReset) return
      wasReset = true
      await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
      await admin.kv.compact((await admin.kv.put('/services/web/c', record('10.0.0.3:80'))).revision)
    })
    const { events, ids } = start()
    await eventually(() => expect(ids()).toEqual(['a', 'b', 'c']))
    await eventually(() => expect(line.calls).toEqual(['kv/range', 'watch', 'kv/range', 'watch']))
    expect(events.map(({ type }) => type)).toEqual(['snapshot', 'snapshot'])
    await admin.kv.delete('/services/web/a')
    await eventually(() => expect(ids()).toEqual(['b', 'c']))
    await eventually(async () => expect((await server.metrics()).get('etcd_debugging_mvcc_watcher_total')).toBe(1))
  })

  it('sees a thousand instances expire together as one change, and an empty set is no error', async () => {
    const { leaseId } = await admin.lease.grant(5)
    for (let first = 0; first < 1000; first += 125) {
      const puts = Array.from({ length: 125 }, (_, index) => `/services/web/i${first + index}`)
      await admin.kv
        .txn()
        .then(...puts.map((key) => op.put(key, record('10.0.0.1:80'), { leaseId })))
        .commit()
    }
    const { instancer, events } = start()
    await instancer.ready()
    expect(instancer.snapshot().instances).toHaveLength(1000)
    await eventually(() => expect(instancer.snapshot().instances).toEqual([]))
    expect(events).toHaveLength(2)
    expect(events[1]).toMatchObject({ snapshot: { stale: false, rejected: 0 }, change: { added: [], updated: [] } })
    expect(events[1]?.type === 'snapshot' && events[1].change.removed.length).toBe(1000)
  })

  it('a subscriber that throws harms neither the others nor the watch, and its error is not swallowed', async () => {
    const { instancer, events, ids } = start()
    await instancer.ready()
    const uncaught: unknown[] = []
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => uncaught.push(error))
    try {
      const mistake = new Error('a mistake of the subscriber')
      instancer.subscribe(() => {
        throw mistake
      })
      const late: InstancerEvent[] = []
      instancer.subscribe((event) => late.push(event))
      await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
      await eventually(() => expect(late).toHaveLength(2))
      await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
      await eventually(() => expect([ids(), events.length, late.length]).toEqual([['a', 'b'], 3, 3]))
      expect(uncaught).toEqual([mistake, mistake, mistake])
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of others) process.on('uncaughtException', listener)
    }
  })

  it('a value null beside good records is counted, told by its key, and harms nobody', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    await admin.kv.put('/services/web/broken', 'null')
    const rejected: string[] = []
    const { instancer, events, ids } = start({ onRejected: (key) => rejected.push(key) })
    await instancer.ready()
    await admin.kv.put('/services/web/broken2', 'null')
    await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    await eventually(() => expect(ids()).toEqual(['a', 'b']))
    expect(instancer.snapshot().rejected).toBe(2)
    expect(rejected).toEqual(['/services/web/broken', '/services/web/broken2'])
    expect(events.every(({ type }) => type === 'snapshot')).toBe(true)
  })
})
