import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'
import { createInstancer, createResolver, type InstancerEvent } from '../../src/resolver/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { switchableFetch } from '../support/switchable-fetch.ts'
import { deleteMany, keyOf, putMany, recordOf } from './many-instances.ts'

const count = 10_000
/** A copy of the set for each change would be 200 times 80 kB, a copy of the records ten times that. */
const mostGrowth = 1_000_000

describeWithEtcd('a service of 10,000 instances', () => {
  let server: Etcd
  let admin: EtcdClient
  beforeAll(async () => {
    server = await startEtcd()
    admin = createEtcdClient({ endpoints: [server.url] })
    await putMany(admin, count)
  })
  afterAll(() => server?.stop())

  it('is the same listed whole and in pages, in the order of the keys', async () => {
    const { instances } = await createResolver(admin).resolve('web')
    const keys: string[] = []
    for await (const { kvs } of admin.kv.pages({ prefix: '/services/web/', pageSize: 999 })) {
      keys.push(...kvs.map(({ key }) => key))
    }
    expect(keys).toEqual(Array.from({ length: count }, (_, index) => keyOf(index)))
    expect(instances.map(({ key }) => key)).toEqual(keys)
  })

  it('costs no more memory however often its instances change', async ({ signal }) => {
    const run = fileURLToPath(new URL('memory-run.ts', import.meta.url))
    const args = ['--expose-gc', run, server.url, String(count)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { signal })
    const { heaps, told, instances } = JSON.parse(stdout) as { heaps: number[]; told: number; instances: number }
    expect(instances).toBe(count)
    // Those that come together are told together; what is told is told of every round.
    expect(told).toBeGreaterThan(heaps.length)
    // A leak grows by each round; what the engine compiles, or throws away at last, by one or two of them.
    const growths = heaps.slice(1).map((heap, round) => heap - (heaps[round] ?? 0))
    expect(growths.sort((a, b) => a - b)[2]).toBeLessThan(mostGrowth)
  })

  it('is listed once: a change in it, its end in transactions of 127 and its return are seen as changes', async () => {
    const line = switchableFetch()
    const etcd = createEtcdClient({ endpoints: [server.url], fetch: line.fetch })
    await using instancer = createInstancer(etcd, 'web')
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    await instancer.ready()
    expect(instancer.snapshot().instances).toHaveLength(count)

    await admin.kv.put(keyOf(5000), recordOf(5000, 7))
    await eventually(() => expect(instancer.snapshot().instances[5000]).toMatchObject({ weight: 7 }))
    expect(events[1]).toMatchObject({ change: { added: [], updated: [{ key: keyOf(5000) }], removed: [] } })

    await deleteMany(admin, count)
    await eventually(() => expect(instancer.snapshot().instances).toHaveLength(0))
    const removed = events.flatMap((event) => (event.type === 'snapshot' ? event.change.removed : []))
    expect(new Set(removed.map(({ key }) => key)).size).toBe(count)
    expect(removed).toHaveLength(count)

    await putMany(admin, count)
    await eventually(() => expect(instancer.snapshot().instances).toHaveLength(count))
    expect(line.calls).toEqual(['kv/range', 'watch'])
    expect(events.filter(({ type }) => type === 'error')).toEqual([])
  })
})
