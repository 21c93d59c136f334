import { createEtcdClient, type FetchLike, type WatchItem } from 'etcd-edge/http-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { flawsOf } from './sequence.ts'
import { watchInBackground } from './watching.ts'

const valuesOf = (item: WatchItem) =>
  item.type === 'events' ? item.events.map(({ kv }) => kv.value.split(' ')[0] ?? '') : []

describeWithNewestEtcd('a watch whose reader is slow', ({ path: binary }) => {
  let etcd: Etcd
  beforeAll(async () => {
    etcd = await startEtcd({ binary })
  })
  afterAll(() => etcd?.stop())

  test('gives a callback one item at a time, each value once and in order, until it throws', async () => {
    const client = createEtcdClient({ endpoints: [etcd.url] })
    const { revision } = await client.kv.put('/callback', '1')
    const seen: string[] = []
    let atOnce = 0
    let most = 0
    const enough = new Error('enough')
    const ended = client.watch({ key: '/callback', startRevision: revision }).forEach(async (item) => {
      most = Math.max(most, ++atOnce)
      await new Promise((resolve) => setTimeout(resolve, 5))
      seen.push(...valuesOf(item))
      atOnce -= 1
      if (seen.at(-1) === '60') throw enough
    })
    for (let value = 2; value <= 60; value++) await client.kv.put('/callback', String(value))
    await expect(ended).rejects.toBe(enough)
    expect(flawsOf(seen, 60)).toEqual({ lost: 0, duplicated: 0, disordered: 0 })
    expect(most).toBe(1)
    await eventually(async () => expect((await etcd.metrics()).get('etcd_debugging_mvcc_watcher_total')).toBe(0))
  })

  test('holds little of what it has not read, and is told to list again when etcd has dropped that', async () => {
    const writer = createEtcdClient({ endpoints: [etcd.url] })
    let received = 0
    const counted: FetchLike = async (url, init) => {
      const response = await fetch(url, init)
      const count = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          received += chunk.byteLength
          controller.enqueue(chunk)
        },
      })
      return new Response(response.body?.pipeThrough(count) ?? null, response)
    }
    const reader = createEtcdClient({ endpoints: [etcd.url], fetch: counted })
    const first = await writer.kv.put('/slow', '1')
    const watch = reader.watch({ key: '/slow', startRevision: first.revision })
    expect(valuesOf((await watch.next()).value)).toEqual(['1'])

    const last = 400
    const bulk = 'x'.repeat(200_000)
    for (let value = 2; value <= last; value++) await writer.kv.put('/slow', `${value} ${bulk}`)
    const written = last * bulk.length
    expect(received).toBeLessThan(written / 100)
    await writer.kv.compact((await writer.kv.put('/slow', String(last + 1))).revision)

    const seen: string[] = ['1']
    let end: WatchItem | undefined
    for await (const item of watch) {
      seen.push(...valuesOf(item))
      end = item
    }
    expect(end).toEqual({ type: 'reset', reason: 'compacted' })
    expect(seen.length).toBeLessThan(last)
    expect(flawsOf(seen, seen.length)).toEqual({ lost: 0, duplicated: 0, disordered: 0 })
    const { kvs, revision: now } = await writer.kv.list({ prefix: '/slow' })
    expect(kvs[0]?.value.split(' ')[0]).toBe(String(last + 1))
    await using again = watchInBackground(reader.watch({ key: '/slow', startRevision: now + 1 }))
    await writer.kv.put('/slow', 'after')
    await eventually(() => expect(again.values()).toEqual(['after']))
  })
})
