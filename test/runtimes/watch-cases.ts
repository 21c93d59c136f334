import { createEtcdClient, type WatchItem } from 'etcd-edge/http-client'
import { type ClientCase, pause } from './client-case.ts'
import { cuttingFetch } from './cutting-fetch.ts'
import { equal, failure, isTrue } from './portable-assert.ts'

/** What makes a watch one that can be relied on, in every runtime. */
export const watchCases: readonly ClientCase[] = [
  {
    name: 'a watch replays, then goes on live',
    async run({ etcd, prefix }) {
      const { revision } = await etcd.kv.put(`${prefix}a`, '1')
      await etcd.kv.put(`${prefix}b`, '2')
      const seen = take(etcd.watch({ prefix, startRevision: revision }), 4)
      await pause(50)
      await etcd.kv.delete(`${prefix}a`)
      await etcd.kv.put(`${prefix}c`, '3')
      equal(
        await seen,
        ['a=1', 'b=2', '-a', 'c=3'].map((event) => event.replace(/[abc]/, (name) => prefix + name)),
      )
    },
  },
  {
    name: 'a watch without a revision begins now',
    async run({ etcd, prefix }) {
      await etcd.kv.put(`${prefix}a`, 'before')
      const connected = Promise.withResolvers<void>()
      const seen = take(etcd.watch({ prefix, onState: () => connected.resolve() }), 1)
      await connected.promise
      await etcd.kv.put(`${prefix}a`, 'after')
      equal(await seen, [`${prefix}a=after`])
    },
  },
  {
    name: 'a watch resumes after errors, ends and silence, without loss',
    async run({ url, etcd, prefix }) {
      const fetch = cuttingFetch(['error', 'end', 'silence', 'error', 'end'])
      const cut = createEtcdClient({ endpoints: [url], fetch })
      const startRevision = (await etcd.kv.list({ prefix, countOnly: true })).revision + 1
      const seen = take(cut.watch({ prefix, startRevision, idleMs: 1000 }), 30)
      for (let index = 0; index < 30; index++) {
        await etcd.kv.put(`${prefix}n`, String(index))
        await pause(20)
      }
      equal(
        await seen,
        Array.from({ length: 30 }, (_, index) => `${prefix}n=${index}`),
      )
    },
  },
  {
    name: 'a watch renews its stream without loss',
    async run({ etcd, prefix }) {
      const startRevision = (await etcd.kv.list({ prefix, countOnly: true })).revision + 1
      const seen = take(etcd.watch({ prefix, startRevision, maxAgeMs: 60 }), 30)
      for (let index = 0; index < 30; index++) {
        await etcd.kv.put(`${prefix}n`, String(index))
        await pause(10)
      }
      equal(
        await seen,
        Array.from({ length: 30 }, (_, index) => `${prefix}n=${index}`),
      )
    },
  },
  {
    name: 'events of 1 MB, and a thousand of them',
    async run({ etcd, prefix }) {
      const megabyte = 'aä😀'.repeat(150_000)
      const { revision } = await etcd.kv.put(`${prefix}a`, megabyte)
      const [event] = await take(etcd.watch({ prefix, startRevision: revision }), 1)
      isTrue(event === `${prefix}a=${megabyte}`, 'the value is the same')
      const startRevision = revision + 1
      const seen = take(etcd.watch({ prefix: `${prefix}n`, startRevision }), 1000)
      for (let index = 0; index < 1000; index += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, more) => etcd.kv.put(`${prefix}n${index + more}`, '1')))
      }
      equal(new Set(await seen).size, 1000)
    },
  },
  {
    name: 'an abort gives its reason, in the middle of a wait',
    async run({ etcd, prefix }) {
      const controller = new AbortController()
      const reason = new Error('enough')
      const watch = etcd.watch({ prefix, signal: controller.signal, onState: () => controller.abort(reason) })
      isTrue((await watch.next().catch((error: unknown) => error)) === reason, 'the reason is the caller’s own')
      equal((await watch.next()).done, true)
      const { leaseId } = await etcd.lease.grant(60)
      await etcd.lock.lock(`${prefix}lock`, leaseId)
      const other = await etcd.lease.grant(60)
      const calling = new AbortController()
      const call = etcd.lock.lock(`${prefix}lock`, other.leaseId, { signal: calling.signal, timeoutMs: 9000 })
      setTimeout(() => calling.abort(reason), 50)
      isTrue((await call.catch((error: unknown) => error)) === reason, 'also of a call')
      await Promise.all([leaseId, other.leaseId].map((id) => etcd.lease.revoke(id)))
    },
  },
  {
    name: 'leaving a watch ends it at once',
    async run({ etcd, prefix }) {
      const watch = etcd.watch({ prefix })
      const waiting = watch.next()
      await pause(50)
      await watch.return?.()
      equal((await waiting).done, true)
    },
  },
  {
    name: 'twenty ranges over one stream, and calls beside it',
    async run({ etcd, prefix }) {
      // A browser has six connections to a host, and a stream takes one for good.
      const controller = new AbortController()
      const ranges = Array.from({ length: 20 }, (_, index) => ({ prefix: `${prefix}${index}/` }))
      const startRevision = (await etcd.kv.list({ prefix, countOnly: true })).revision + 1
      const watches = Array.from({ length: 3 }, () => etcd.watch({ ranges, startRevision, signal: controller.signal }))
      const seen = Promise.all(watches.map((watch) => take(watch, 20)))
      await Promise.all(ranges.map(({ prefix: key }) => etcd.kv.put(`${key}a`, '1')))
      await etcd.kv.put(`${prefix}none of them`, '1')
      for (const events of await seen) equal(events.toSorted(), ranges.map(({ prefix: key }) => `${key}a=1`).toSorted())
      controller.abort()
    },
  },
  {
    name: 'a watch is told of a compaction, and refused for good',
    async run({ etcd, prefix }) {
      const { revision: first } = await etcd.kv.put(`${prefix}a`, '1')
      const { revision } = await etcd.kv.put(`${prefix}a`, '2')
      await etcd.kv.compact(revision)
      const items: WatchItem[] = []
      for await (const item of etcd.watch({ prefix, startRevision: first })) items.push(item)
      equal(items, [{ type: 'reset', reason: 'compacted' }])
      const empty = etcd.watch({ key: `${prefix}b`, rangeEnd: `${prefix}a`, startRevision: 1 })
      equal((await failure(empty.next())).code, 'WATCH_CANCELED')
    },
  },
  {
    name: 'a namespace maps keys both ways',
    async run({ etcd, prefix }) {
      const tenant = etcd.namespace(prefix)
      const { revision } = await tenant.kv.put('a', '1')
      equal((await etcd.kv.get(`${prefix}a`))?.value, '1')
      equal(await take(tenant.watch({ prefix: '', startRevision: revision }), 1), ['a=1'])
    },
  },
]

/** The first events, in short; then the watch is left. */
function take(watch: AsyncIterable<WatchItem>, count: number): Promise<string[]> {
  const seen = collect(watch, count)
  // A case that fails before it looks at them must not end the program.
  seen.catch(() => {})
  return seen
}

async function collect(watch: AsyncIterable<WatchItem>, count: number): Promise<string[]> {
  const seen: string[] = []
  for await (const item of watch) {
    if (item.type !== 'events') throw new Error(`the watch gave ${JSON.stringify(item)}`)
    seen.push(...item.events.map(({ type, kv }) => (type === 'put' ? `${kv.key}=${kv.value}` : `-${kv.key}`)))
    if (seen.length >= count) break
  }
  return seen
}
