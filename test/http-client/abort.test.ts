import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { callLog } from './call-log.ts'
import { watchInBackground } from './watching.ts'

const gauges = ['etcd_debugging_mvcc_watcher_total', 'etcd_debugging_mvcc_watch_stream_total']

describeWithNewestEtcd('a watch that is given up', ({ path: binary }) => {
  let etcd: Etcd
  let client: EtcdClient
  beforeAll(async () => {
    etcd = await startEtcd({ binary })
    client = createEtcdClient({ endpoints: [etcd.url] })
    await client.kv.put('/a', '1')
  })
  afterAll(async () => {
    await etcd?.stop()
  })

  const gaugesAre = (value: number) =>
    eventually(async () => {
      const metrics = await etcd.metrics()
      expect(gauges.map((name) => metrics.get(name))).toEqual([value, value])
    })

  const waysOut: Readonly<Record<string, (etcd: EtcdClient) => Promise<unknown>>> = {
    async 'by return() in the middle of a wait'(etcd) {
      const watch = etcd.watch({ prefix: '/none/', startRevision: 1 })
      const waiting = watch.next()
      await gaugesAre(1)
      await watch.return?.()
      expect(await waiting).toEqual({ done: true, value: undefined })
    },
    async 'by its signal in the middle of a wait'(etcd) {
      const controller = new AbortController()
      const reason = new Error('enough')
      const waiting = etcd.watch({ prefix: '/none/', startRevision: 1, signal: controller.signal }).next()
      waiting.catch(() => {})
      await gaugesAre(1)
      controller.abort(reason)
      await expect(waiting).rejects.toBe(reason)
    },
    async 'by its signal before etcd has answered'(etcd) {
      const controller = new AbortController()
      const waiting = etcd.watch({ prefix: '/none/', startRevision: 1, signal: controller.signal }).next()
      controller.abort()
      await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    },
    async 'by break'(etcd) {
      for await (const _item of etcd.watch({ prefix: '/', startRevision: 1 })) break
    },
    async 'by an error that the reader throws'(etcd) {
      const reading = async () => {
        for await (const _item of etcd.watch({ prefix: '/', startRevision: 1 })) throw new Error('the reader’s own')
      }
      await expect(reading()).rejects.toThrow('the reader’s own')
    },
    async 'by a reader that has stopped to read'(etcd) {
      const watch = etcd.watch({ prefix: '/', startRevision: 1 })
      await watch.next()
      await watch.return?.()
    },
    async 'by a terminal error of etcd’s'(etcd) {
      const watch = etcd.watch({ key: '/b', rangeEnd: '/a', startRevision: 1 })
      await expect(watch.next()).rejects.toMatchObject({ code: 'WATCH_CANCELED' })
    },
  }
  test.each(Object.entries(waysOut))('S34 %s leaves nothing at etcd within half a second', async (_name, leave) => {
    await leave(client)
    await gaugesAre(0)
  })

  test('S35 one that is silent is opened anew before anything cuts it off, and nobody is told', async () => {
    const log = callLog()
    const observed = createEtcdClient({ endpoints: [etcd.url], observer: log.observer })
    const states: string[] = []
    const options = { prefix: '/s35', idleMs: 100, onState: ({ state }: { state: string }) => states.push(state) }
    await using watching = watchInBackground(observed.watch(options))
    await eventually(() => expect(log.count('watch')).toBeGreaterThan(5))
    await client.kv.put('/s35', '1')
    await eventually(() => expect(watching.values()).toEqual(['1']))
    expect(states).not.toContain('interrupted')
    expect(log.retries).toEqual([])
    const ended = log.responses.filter(({ call }) => call === 'watch')
    expect(new Set(ended.map(({ code }) => code))).toEqual(new Set(['OK']))
  })
})
