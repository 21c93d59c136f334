import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient, type EtcdClient, op } from 'etcd-edge/http-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { testWhenEtcdCan } from '../support/test-when-etcd-can.ts'
import { callLog } from './call-log.ts'
import { flawsOf } from './sequence.ts'
import { watchInBackground } from './watching.ts'

const clean = { lost: 0, duplicated: 0, disordered: 0 }

describeWithNewestEtcd('a watch at the limits of the gateway', ({ path: binary, version }) => {
  const experimental = /^3\.[45]\./.test(version) ? 'experimental-' : ''
  let etcd: Etcd
  let client: EtcdClient
  beforeAll(async () => {
    etcd = await startEtcd({ binary, args: [`--${experimental}watch-progress-notify-interval=200ms`] })
    client = createEtcdClient({ endpoints: [etcd.url], timeoutMs: 20_000 })
  })
  afterAll(async () => {
    await etcd?.stop()
  })

  test('S24 2500 revisions behind it sees each once and in order', async () => {
    for (let first = 1; first <= 2500; first += 50) {
      await Promise.all([
        client.kv
          .txn()
          .then(op.put('/s24', String(first)))
          .commit(),
      ])
      for (let value = first + 1; value < first + 50; value++) await client.kv.put('/s24', String(value))
    }
    await using watching = watchInBackground(client.watch({ key: '/s24', startRevision: 1 }))
    await eventually(() => expect(watching.values().at(-1)).toBe('2500'))
    expect(flawsOf(watching.values(), 2500)).toEqual(clean)
    expect(watching.items.length).toBeGreaterThanOrEqual(3)
  })

  test('S24 cut off again and again while it catches up, too', async () => {
    await using proxy = await startTcpProxy(etcd.url)
    // A line of 1000 events is some 140 kB: it is cut in the middle of lines, and behind some.
    proxy.setFault({ kind: 'cut', bytes: 200_000 })
    const through = createEtcdClient({ endpoints: [proxy.url] })
    await using watching = watchInBackground(through.watch({ key: '/s24', startRevision: 1 }))
    await eventually(() => expect(watching.values().at(-1)).toBe('2500'))
    expect(flawsOf(watching.values(), 2500)).toEqual(clean)
  })

  test('S25 a backlog that etcd sends in parts is put together: no revision is split', async () => {
    const value = 'x'.repeat(30_000)
    const many = (revision: number) =>
      Array.from({ length: 40 }, (_, index) => op.put(`/s25/${revision}/${index}`, value))
    const first = await client.kv
      .txn()
      .then(...many(1))
      .commit()
    const second = await client.kv
      .txn()
      .then(...many(2))
      .commit()
    await using watching = watchInBackground(client.watch({ prefix: '/s25/', startRevision: first.revision }))
    await eventually(() => expect(watching.events()).toHaveLength(80))
    const revisions = watching.items.map((item) =>
      item.type === 'events' ? item.events.map(({ kv }) => kv.modRevision) : [],
    )
    for (const revision of [first.revision, second.revision]) {
      expect(revisions.filter((each) => each.includes(revision))).toHaveLength(1)
    }
    expect(watching.events().map(({ kv }) => kv.key)).toEqual(
      [...many(1), ...many(2)].map((_, index) => `/s25/${index < 40 ? 1 : 2}/${index % 40}`),
    )
  })

  describe('S26 with progress notifications', () => {
    // Older ones notify of progress that there cannot be yet.
    const honestProgress = { can: !version.startsWith('3.4.'), needs: 'etcd 3.5.22', version }
    testWhenEtcdCan(
      honestProgress,
      'hears nothing before the first write after its start, and then how far it has seen',
      async () => {
        const { revision } = await client.kv.put('/s26', '1')
        const watch = client.watch({ prefix: '/none/', startRevision: revision + 1, progressNotify: true })
        await using watching = watchInBackground(watch)
        await sleep(700)
        expect(watching.items).toEqual([])
        const write = await client.kv.put('/s26', '2')
        await eventually(() => expect(watching.items).toContainEqual({ type: 'progress', revision: write.revision }))
      },
    )

    test('resumes from how far it has seen, so that a compaction of what was before costs nothing', async () => {
      await using proxy = await startTcpProxy(etcd.url)
      const through = createEtcdClient({ endpoints: [proxy.url] })
      const { revision } = await client.kv.put('/s26', '1')
      const progress = through.watch({ prefix: '/quiet/', startRevision: revision, progressNotify: true })
      await using watching = watchInBackground(progress)
      await using silent = watchInBackground(through.watch({ prefix: '/quiet/', startRevision: revision }))
      const write = await client.kv.put('/s26', '2')
      await eventually(() => expect(watching.items).toContainEqual({ type: 'progress', revision: write.revision }))
      await sleep(500)
      await client.kv.compact(write.revision)
      await proxy.cut()
      await proxy.restore()
      await client.kv.put('/quiet/a', 'after')
      await eventually(() => expect([watching.values(), silent.values()]).toEqual([['after'], ['after']]))
      expect([...watching.items, ...silent.items].filter(({ type }) => type === 'reset')).toEqual([])
    })
  })

  test('S27 on an etcd that takes no more streams a call ends at its deadline, and goes on when one is free', async () => {
    await using limited = await startEtcd({ binary, args: ['--max-concurrent-streams=4'] })
    const crowded = createEtcdClient({ endpoints: [limited.url], timeoutMs: 1000 })
    const connected: string[] = []
    const onState = ({ state }: { state: string }) => connected.push(state)
    const watches = Array.from({ length: 4 }, () =>
      watchInBackground(crowded.watch({ prefix: '/', startRevision: 1, onState })),
    )
    await eventually(() => expect(connected).toHaveLength(4))
    await expect(crowded.kv.get('/a')).rejects.toMatchObject({
      code: 'DEADLINE',
      endpoint: limited.url,
      retryable: true,
    })
    await watches[0]?.[Symbol.asyncDispose]()
    await eventually(() => crowded.kv.get('/a'))
    for (const watching of watches) await watching[Symbol.asyncDispose]()
  })

  test('S28 S29 of many ranges it asks in one request, whole and of one message, and sees all of them', async () => {
    const bodies: string[] = []
    const log = callLog()
    const spying = createEtcdClient({
      endpoints: [etcd.url],
      observer: log.observer,
      fetch: (url, init) => {
        if (url.endsWith('/watch')) bodies.push(init.body)
        return fetch(url, init)
      },
    })
    const ranges = Array.from({ length: 200 }, (_, index) => ({ prefix: `/s28/${index}/` }))
    const { revision } = await client.kv.put('/s28/x', 'not asked for')
    await using watching = watchInBackground(spying.watch({ ranges, startRevision: revision }))
    for (const { prefix } of ranges) await client.kv.put(`${prefix}a`, prefix)
    await eventually(() => expect(watching.values()).toEqual(ranges.map(({ prefix }) => prefix)))
    expect(bodies.map((body) => body.match(/create_request/g)?.length)).toEqual([1])
    expect(Math.max(...bodies.map(({ length }) => length))).toBeLessThan(512)
  })
})
