import { setTimeout as wait } from 'node:timers/promises'
import { compare, createEtcdClient, type EtcdClient, op, type WatchItem } from 'etcd-edge/http-client'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ClientTarget } from './client-suite.ts'

/** What a user of the client's watch may rely on, whichever gateway answers. */
export function watchSuite(target: () => ClientTarget): void {
  let etcd: EtcdClient
  let round = 0
  let prefix = ''
  const controllers: AbortController[] = []
  const signal = () => {
    const controller = new AbortController()
    controllers.push(controller)
    return controller.signal
  }
  const take = async (items: AsyncIterable<WatchItem>, count: number) => {
    const taken: WatchItem[] = []
    for await (const item of items) if (taken.push(item) === count) break
    return taken
  }
  const eventsOf = (items: readonly WatchItem[]): unknown[] =>
    items.flatMap<unknown>((item) =>
      item.type === 'events'
        ? item.events.map(({ type, kv }) => [type, kv.key.slice(prefix.length), kv.value])
        : [item],
    )

  beforeAll(() => {
    const { url, fetch } = target()
    etcd = createEtcdClient({ endpoints: [url], fetch })
  })
  beforeEach(() => {
    prefix = `/watch/${++round}/`
  })
  afterEach(() => {
    for (const controller of controllers.splice(0)) controller.abort()
  })

  test('a watch from a revision replays what has been since, then goes on live', async () => {
    const { revision } = await etcd.kv.put(`${prefix}a`, '1')
    await etcd.kv.put(`${prefix}b`, '2')
    const watch = etcd.watch({ prefix, startRevision: revision, signal: signal() })
    const events: unknown[] = []
    const until = async (count: number) => {
      while (events.length < count) events.push(...eventsOf([(await watch.next()).value]))
    }
    await until(2)
    await etcd.kv.delete(`${prefix}a`)
    await until(3)
    expect(events).toEqual([
      ['put', 'a', '1'],
      ['put', 'b', '2'],
      ['delete', 'a', ''],
    ])
  })

  test('a watch without a revision begins now, and a watch of one key sees no other', async () => {
    await etcd.kv.put(`${prefix}a`, 'before')
    const connected = Promise.withResolvers<void>()
    const watch = etcd.watch({ key: `${prefix}a`, signal: signal(), prevKv: true, onState: () => connected.resolve() })
    const items = take(watch, 1)
    await connected.promise
    await etcd.kv.put(`${prefix}ab`, 'other')
    await etcd.kv.put(`${prefix}a`, 'after')
    const [item] = await items
    expect(item).toMatchObject({ type: 'events', events: [{ kv: { value: 'after' }, prevKv: { value: 'before' } }] })
  })

  test('all events of a transaction come as one item, in the order of its operations', async () => {
    const { revision } = await etcd.kv
      .txn()
      .then(op.put(`${prefix}z`, '1'), op.put(`${prefix}a`, '2'))
      .commit()
    const items = await take(etcd.watch({ prefix, startRevision: revision, signal: signal() }), 1)
    expect(items).toMatchObject([{ type: 'events', revision }])
    expect(eventsOf(items)).toEqual([
      ['put', 'z', '1'],
      ['put', 'a', '2'],
    ])
  })

  test('a watch from a compacted revision ends with a reset', async () => {
    const { revision: first } = await etcd.kv.put(`${prefix}a`, '1')
    const { revision } = await etcd.kv.put(`${prefix}a`, '2')
    await etcd.kv.compact(revision)
    const items: WatchItem[] = []
    for await (const item of etcd.watch({ prefix, startRevision: first, signal: signal() })) items.push(item)
    expect(items).toEqual([{ type: 'reset', reason: 'compacted' }])
    await expect(etcd.kv.list({ prefix, revision: first })).rejects.toMatchObject({ code: 'COMPACTED' })
  })

  test('a watch that starts behind the store’s newest revision is told that the revision went back', async () => {
    const startRevision = (await etcd.kv.list({ prefix, countOnly: true })).revision + 1000
    const items: WatchItem[] = []
    for await (const item of etcd.watch({ prefix, startRevision, signal: signal() })) items.push(item)
    expect(items).toEqual([{ type: 'reset', reason: 'revision-went-back' }])
  })

  test('a watch with an empty range is canceled for good', async () => {
    const watch = etcd.watch({ key: `${prefix}b`, rangeEnd: `${prefix}a`, startRevision: 1, signal: signal() })
    await expect(watch.next()).rejects.toMatchObject({ code: 'WATCH_CANCELED', retryable: false })
  })

  test('renewing its stream again and again a watch sees every value once, in order', async () => {
    const startRevision = (await etcd.kv.list({ prefix, countOnly: true })).revision + 1
    const watch = etcd.watch({ prefix, startRevision, signal: signal(), idleMs: 30, maxAgeMs: 100 })
    const seen: string[] = []
    const reading = (async () => {
      for await (const item of watch) {
        if (item.type === 'events') seen.push(...item.events.map(({ kv }) => kv.value))
        if (seen.length === 50) break
      }
    })()
    for (let index = 0; index < 50; index++) {
      await etcd.kv.put(`${prefix}count`, String(index))
      await wait(15)
    }
    await reading
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => String(index)))
  })

  test('an abort throws its own reason out of the iteration, also in the middle of a wait', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const watch = etcd.watch({ prefix, signal: controller.signal, onState: () => controller.abort(reason) })
    await expect(watch.next()).rejects.toBe(reason)
    expect(await watch.next()).toEqual({ done: true, value: undefined })
  })

  test('return() ends a wait at once', async () => {
    const watch = etcd.watch({ prefix })
    const waiting = watch.next()
    await wait(100)
    await watch.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  test('a watch of several ranges sees each of them and nothing between, over one stream', async () => {
    const { revision } = await etcd.kv.put(`${prefix}a/1`, 'a')
    await etcd.kv.put(`${prefix}b/1`, 'between')
    await etcd.kv.put(`${prefix}c`, 'c')
    await etcd.kv.put(`${prefix}cc`, 'beside')
    await etcd.kv.put(`${prefix}d/1`, 'd')
    const ranges = [
      { prefix: `${prefix}d/` },
      { key: `${prefix}c`, rangeEnd: `${prefix}c\0` },
      { prefix: `${prefix}a/` },
    ]
    const watch = etcd.watch({ ranges, startRevision: revision, signal: signal() })
    const values: unknown[] = []
    for await (const item of watch) {
      values.push(...eventsOf([item]))
      if (values.length === 3) break
    }
    expect(values).toEqual([
      ['put', 'a/1', 'a'],
      ['put', 'c', 'c'],
      ['put', 'd/1', 'd'],
    ])
    expect(() => etcd.watch({ ranges: [] })).toThrow(/ranges/)
  })

  test('a watch of deletes only is not told of puts', async () => {
    const { revision } = await etcd.kv.put(`${prefix}a`, '1')
    await etcd.kv.put(`${prefix}a`, '2')
    await etcd.kv.delete(`${prefix}a`)
    const [item] = await take(etcd.watch({ prefix, only: 'delete', startRevision: revision, signal: signal() }), 1)
    expect(eventsOf(item ? [item] : [])).toEqual([['delete', 'a', '']])
  })

  test('in a namespace keys, ranges, comparisons and events are under its prefix, and its user does not see it', async () => {
    const tenant = etcd.namespace(`${prefix}tenant/`).namespace('a/')
    const { revision } = await tenant.kv.put('k', '1')
    await etcd.kv.put(`${prefix}tenant/b`, 'not ours')
    expect((await etcd.kv.get(`${prefix}tenant/a/k`))?.value).toBe('1')
    expect((await tenant.kv.list({ prefix: '' })).kvs.map(({ key }) => key)).toEqual(['k'])
    expect((await tenant.kv.list({ fromKey: 'a' })).count).toBe(1)
    const created = await tenant.kv
      .txn()
      .if(compare.createRevision('new', '=', 0))
      .then(op.put('new', '2'), op.list({ prefix: 'n' }))
      .commit()
    expect(created.succeeded && created.results[1].kvs[0]?.key).toBe('new')
    const seen = await take(tenant.watch({ prefix: '', startRevision: revision, signal: signal() }), 1)
    const first = seen[0]?.type === 'events' ? seen[0].events[0]?.kv.key : undefined
    expect(first).toBe('k')
    expect((await tenant.kv.delete({ prefix: '' }, { prevKv: true })).prevKvs.map(({ key }) => key)).toEqual([
      'k',
      'new',
    ])
    expect(await etcd.kv.get(`${prefix}tenant/b`)).toBeDefined()
    expect(() => etcd.namespace('')).toThrow(expect.objectContaining({ code: 'NO_KEY' }))
  })
}
