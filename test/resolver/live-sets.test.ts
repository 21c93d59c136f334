import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient, op } from '../../src/http-client/index.ts'
import {
  createInstancer,
  type Drift,
  type Instancer,
  type InstancerEvent,
  watchMany,
} from '../../src/resolver/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { droppingFetch } from '../support/dropping-fetch.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { switchableFetch } from '../support/switchable-fetch.ts'

const value = '{"address":"10.0.0.1:80"}'
const names = (count: number, prefix = 'i') => Array.from({ length: count }, (_, index) => `${prefix}${1000 + index}`)

describeWithEtcd('live sets', () => {
  let server: Etcd
  let admin: EtcdClient
  const closing: AsyncDisposable[] = []
  const closed = <Live extends AsyncDisposable>(live: Live) => {
    closing.push(live)
    return live
  }
  const eventsOf = (instancer: Instancer) => {
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    return events
  }
  const idsOf = (instancer: Instancer) => instancer.snapshot().instances.map(({ id }) => id)
  /** What comes of applying the changes of all events, one after the other. */
  const replayed = (events: readonly InstancerEvent[]) => {
    const ids = new Set<string>()
    for (const event of events) {
      if (event.type === 'error') continue
      for (const { id } of event.change.removed) ids.delete(id)
      for (const { id } of event.change.added) ids.add(id)
    }
    return [...ids].sort()
  }
  /** A lease each for a hundred of them. */
  const register = async (ids: readonly string[]) => {
    const leases: string[] = []
    for (let from = 0; from < ids.length; from += 100) {
      const { leaseId } = await admin.lease.grant(600)
      leases.push(leaseId)
      const puts = ids.slice(from, from + 100).map((id) => op.put(`/services/web/${id}`, value, { leaseId }))
      await admin.kv
        .txn()
        .then(...puts)
        .commit()
    }
    return leases
  }
  const etcd = () => createEtcdClient({ endpoints: [server.url] })

  beforeAll(async () => {
    server = await startEtcd()
    admin = etcd()
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await admin.kv.delete({ prefix: '' })
  })
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((each) => each[Symbol.asyncDispose]()))
    const watchers = async () => (await server.metrics()).get('etcd_debugging_mvcc_watcher_total')
    await eventually(async () => expect(await watchers()).toBe(0))
  })

  it('a thousand instances expire, lease after lease: with onEmpty nobody is lost, until one is back', async () => {
    const ids = names(1000)
    const leases = await register(ids)
    const instancer = closed(createInstancer(etcd(), 'web', { onEmpty: { keepLastMs: 600_000 } }))
    const events = eventsOf(instancer)
    await instancer.ready()
    for (const lease of leases) await admin.lease.revoke(lease)
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    expect(idsOf(instancer)).toEqual(ids)
    expect(replayed(events)).toEqual(ids)
    expect(events.every((event) => event.type === 'snapshot' && event.snapshot.instances.length > 0)).toBe(true)

    await admin.kv.put('/services/web/back', value)
    await eventually(() => expect(instancer.snapshot()).toMatchObject({ stale: false, instances: [{ id: 'back' }] }))
    expect(replayed(events)).toEqual(['back'])
  })

  it('nobody comes back: after keepLastMs the empty set is told', async () => {
    const [lease = ''] = await register(names(3))
    const instancer = closed(createInstancer(etcd(), 'web', { onEmpty: { keepLastMs: 300 } }))
    const events = eventsOf(instancer)
    await instancer.ready()
    await admin.lease.revoke(lease)
    await eventually(() => expect(instancer.snapshot()).toMatchObject({ stale: false, instances: [] }))
    expect(events.map((event) => event.type === 'snapshot' && event.snapshot.stale)).toEqual([false, true, false])
    expect(replayed(events)).toEqual([])
  })

  it('all expired and history compacted while it was away: those of the last list are kept', async () => {
    const ids = names(3)
    await register(ids)
    const line = switchableFetch()
    const behindLine = createEtcdClient({ endpoints: [server.url], fetch: line.fetch })
    const options = { onEmpty: { keepLastMs: 600_000 }, watch: { idleMs: 300 } }
    const instancer = closed(createInstancer(behindLine, 'web', options))
    const events = eventsOf(instancer)
    await instancer.ready()
    line.down()
    await eventually(() => expect(events.at(-1)?.type).toBe('error'))
    await admin.kv.delete({ prefix: '/services/web/' })
    await admin.kv.compact((await admin.kv.put('/elsewhere', 'x')).revision)
    line.up()
    await eventually(() => expect(line.calls.filter((path) => path === 'kv/range').length).toBeGreaterThan(1))
    await eventually(() => expect(events.at(-1)).toMatchObject({ type: 'snapshot', snapshot: { stale: true } }))
    expect(idsOf(instancer)).toEqual(ids)
    expect(replayed(events)).toEqual(ids)
  })

  it('what a proxy has dropped of the stream is found by the full check, put right, counted and told', async () => {
    await admin.kv.put('/services/web/gone', value)
    const [lost, gone] = ['lost', 'gone'].map((id) => btoa(`/services/web/${id}`))
    const fetch = droppingFetch((line) => line.includes(`"${lost}"`) || line.includes(`"${gone}"`))
    const lossy = createEtcdClient({ endpoints: [server.url], fetch })
    const drifts: Drift[] = []
    const options = { fullCheckMs: 200, onDrift: (drift: Drift) => void drifts.push(drift) }
    const instancer = closed(createInstancer(lossy, 'web', options))
    const events = eventsOf(instancer)
    await instancer.ready()
    await eventually(async () => expect((await server.metrics()).get('etcd_debugging_mvcc_watcher_total')).toBe(1))
    await admin.kv.put('/services/web/lost', value)
    await admin.kv.delete('/services/web/gone')
    await admin.kv.put('/services/web/seen', value)
    await eventually(() => expect(idsOf(instancer)).toEqual(['gone', 'seen']))
    await eventually(() => expect(instancer.drift).toBe(2))
    expect(idsOf(instancer)).toEqual(['lost', 'seen'])
    expect(drifts).toMatchObject([{ service: 'web', added: [{ id: 'lost' }], updated: [], removed: [{ id: 'gone' }] }])
    expect(replayed(events)).toEqual(['lost', 'seen'])
    expect(events.every(({ type }) => type === 'snapshot')).toBe(true)
  })

  it('a set that changes all the time has no drift, however often it is checked', async () => {
    const drifts: Drift[] = []
    const options = { fullCheckMs: 5, onDrift: (drift: Drift) => void drifts.push(drift) }
    const instancer = closed(createInstancer(etcd(), 'web', options))
    await instancer.ready()
    const ids = names(20)
    for (let round = 0; round < 30; round++) {
      for (const id of ids.slice(round % 7))
        await admin.kv.put(`/services/web/${id}`, `${value.slice(0, -1)},"weight":${round}}`)
      for (const id of ids.slice(0, round % 11)) await admin.kv.delete(`/services/web/${id}`)
    }
    const { revision } = await admin.kv.put('/services/web/last', value)
    await eventually(() => expect(instancer.snapshot().revision).toBeGreaterThanOrEqual(revision))
    const { kvs } = await admin.kv.list({ prefix: '/services/web/' })
    expect(instancer.snapshot().instances.map(({ key, modRevision }) => [key, modRevision])).toEqual(
      kvs.map(({ key, modRevision }) => [key, modRevision]),
    )
    expect([instancer.drift, drifts]).toEqual([0, []])
  })

  it('three hundred services are three requests and one watch, and each follows its own', async () => {
    const services = names(300, 's')
    await admin.kv.put('/services/s1299/a', value)
    const line = switchableFetch()
    const many = closed(watchMany(createEtcdClient({ endpoints: [server.url], fetch: line.fetch }), services))
    await many.ready()
    const { s1000, s1150, s1299 } = many.instancers as Record<string, Instancer>
    expect([s1000, s1299].map((each) => each && idsOf(each))).toEqual([[], ['a']])
    await admin.kv.put('/services/s1150/b', value)
    await eventually(() => expect(s1150 && idsOf(s1150)).toEqual(['b']))
    expect(line.calls).toEqual(['kv/txn', 'kv/txn', 'kv/txn', 'watch'])
    expect((await server.metrics()).get('etcd_debugging_mvcc_watcher_total')).toBe(1)
    await s1150?.close()
    await admin.kv.delete('/services/s1299/a')
    await eventually(() => expect(s1299 && idsOf(s1299)).toEqual([]))
  })

  it('more records than one answer is to bring are read in several, as one state', async () => {
    const puts = (from: number) =>
      admin.kv
        .txn()
        .then(...names(128, `p${from}-`).map((id) => op.put(`/services/web/${id}`, value)))
        .commit()
    for (let from = 100; from < 260; from++) await puts(from)
    const line = switchableFetch()
    const live = closed(createInstancer(createEtcdClient({ endpoints: [server.url], fetch: line.fetch }), 'web'))
    await live.ready()
    expect(live.snapshot().instances).toHaveLength(160 * 128)
    expect(line.calls.filter((path) => path === 'kv/range')).toHaveLength(2)
  })
})
