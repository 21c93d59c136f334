import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'
import { kitex, raw } from '../../src/instance/index.ts'
import {
  createInstancer,
  type Instancer,
  type InstancerEvent,
  type InstancerOptions,
} from '../../src/resolver/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { type SwitchableFetch, switchableFetch } from '../support/switchable-fetch.ts'

const record = (address: string, weight = 100) => JSON.stringify({ address, weight, tags: {} })

describeWithEtcd('an instancer', () => {
  let server: Etcd
  let admin: EtcdClient
  let line: SwitchableFetch
  let etcd: EtcdClient
  const instancers: Instancer[] = []
  const start = (service = 'web', options: InstancerOptions = {}) => {
    const instancer = createInstancer(etcd, service, options)
    instancers.push(instancer)
    return instancer
  }
  const eventsOf = (instancer: Instancer) => {
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    return events
  }
  const summary = (event: InstancerEvent | undefined) =>
    event?.type === 'snapshot'
      ? [event.change.added, event.change.updated, event.change.removed].map((list) => list.map(({ id }) => id))
      : event
  const idsOf = (instancer: Instancer) => instancer.snapshot().instances.map(({ id }) => id)

  beforeAll(async () => {
    server = await startEtcd()
    admin = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await admin.kv.delete({ prefix: '' })
    line = switchableFetch()
    etcd = createEtcdClient({ endpoints: [server.url], fetch: line.fetch })
  })
  afterEach(() => Promise.all(instancers.splice(0).map((instancer) => instancer.close())))

  it('sends nothing until it is asked, and has no snapshot before it has listed', async () => {
    const instancer = start()
    expect(() => instancer.snapshot()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    expect(line.calls).toEqual([])
    await instancer.ready()
    expect(instancer.snapshot()).toMatchObject({ service: 'web', instances: [], stale: false, rejected: 0 })
  })

  it('applies each change in place: one list, one watch, and no request more', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = start()
    const events = eventsOf(instancer)
    await instancer.ready()
    // One by one: what happens before the watch is up comes together.
    const seen = (count: number) => eventually(() => expect(events).toHaveLength(count))
    await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    await seen(2)
    await admin.kv.put('/services/web/a', record('10.0.0.1:80', 5))
    await seen(3)
    const { revision } = await admin.kv.delete('/services/web/b')
    await seen(4)
    expect(events.map(summary)).toEqual([
      [['a'], [], []],
      [['b'], [], []],
      [[], ['a'], []],
      [[], [], ['b']],
    ])
    expect(instancer.snapshot()).toMatchObject({ revision, instances: [{ id: 'a', weight: 5 }] })
    expect(line.calls).toEqual(['kv/range', 'watch'])
  })

  it('gives what an instance says and where it was found', async () => {
    const lease = await admin.lease.grant(60)
    const put = await admin.kv.put('/services/web/a', record('10.0.0.1:80'), { leaseId: lease.leaseId })
    const instancer = start()
    await instancer.ready()
    expect(instancer.snapshot().instances).toEqual([
      {
        id: 'a',
        service: 'web',
        address: '10.0.0.1:80',
        weight: 100,
        tags: {},
        key: '/services/web/a',
        leaseId: lease.leaseId,
        createRevision: put.revision,
        modRevision: put.revision,
      },
    ])
  })

  it('a transaction is one event, and a snapshot that was given out never changes', async () => {
    const instancer = start()
    const events = eventsOf(instancer)
    await instancer.ready()
    const before = instancer.snapshot()
    const { op } = await import('../../src/http-client/index.ts')
    await admin.kv
      .txn()
      .then(op.put('/services/web/b', record('b:1')), op.put('/services/web/a', record('a:1')))
      .commit()
    await eventually(() => expect(events).toHaveLength(2))
    expect(summary(events[1])).toEqual([['b', 'a'], [], []])
    expect(idsOf(instancer)).toEqual(['a', 'b'])
    expect(before.instances).toEqual([])
    expect(Object.isFrozen(instancer.snapshot().instances)).toBe(true)
  })

  it('a rewrite that says the same is not announced', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = start()
    const events = eventsOf(instancer)
    await instancer.ready()
    const { revision } = await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    await eventually(() => expect(instancer.snapshot().revision).toBe(revision))
    expect(events).toHaveLength(1)
  })

  it('web does not answer for web2, nor for what lies elsewhere', async () => {
    await admin.kv.put('/services/web2/a', record('10.0.0.1:80'))
    const instancer = start()
    await instancer.ready()
    await admin.kv.put('/services/web2/b', record('10.0.0.1:80'))
    await admin.kv.put('/services/web/mine', record('10.0.0.1:80'))
    await eventually(() => expect(idsOf(instancer)).toEqual(['mine']))
  })

  it('counts a record that does not decode, tells which, and keeps the good one that it replaced', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    await admin.kv.put('/services/web/bad', 'null')
    const rejected = vi.fn()
    const instancer = start('web', { onRejected: rejected })
    await instancer.ready()
    expect(instancer.snapshot()).toMatchObject({ rejected: 1, instances: [{ id: 'a' }] })
    expect(rejected).toHaveBeenCalledWith('/services/web/bad', expect.objectContaining({ code: 'INVALID_INSTANCE' }))
    await admin.kv.put('/services/web/a', 'nonsense')
    await eventually(() => expect(instancer.snapshot().rejected).toBe(2))
    expect(instancer.snapshot().instances).toMatchObject([{ id: 'a', address: '10.0.0.1:80' }])
    await admin.kv.delete('/services/web/a')
    await admin.kv.put('/services/web/bad', record('10.0.0.3:80'))
    await eventually(() => expect(idsOf(instancer)).toEqual(['bad']))
    expect(instancer.snapshot().rejected).toBe(0)
  })

  it('a newcomer is told the current set at once, and one that has left is told nothing', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = start()
    await instancer.ready()
    const early = vi.fn()
    instancer.subscribe(early)()
    const late = vi.fn()
    instancer.subscribe(late)
    expect(summary(late.mock.calls[0]?.[0])).toEqual([['a'], [], []])
    await admin.kv.delete('/services/web/a')
    await eventually(() => expect(late).toHaveBeenCalledTimes(2))
    expect(early).toHaveBeenCalledTimes(1)
  })

  it('etcd away at the start: ready() rejects with a typed error, and the next one succeeds when etcd is back', async () => {
    line.down()
    const instancer = start()
    const events = eventsOf(instancer)
    await expect(instancer.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(() => instancer.snapshot()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    expect(events[0]).toMatchObject({ type: 'error', error: { code: 'UNAVAILABLE' } })
    line.up()
    await instancer.ready()
    expect(idsOf(instancer)).toEqual([])
  })

  it('etcd killed: the last set stays, marked stale; back: it catches up from where it was', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = start()
    const events = eventsOf(instancer)
    await instancer.ready()
    await server.kill()
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    expect(idsOf(instancer)).toEqual(['a'])
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { retryable: true } })
    await server.restart()
    await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    await eventually(() => expect(idsOf(instancer)).toEqual(['a', 'b']))
    expect(instancer.snapshot().stale).toBe(false)
    expect(line.calls.filter((path) => path === 'kv/range')).toHaveLength(1)
  })

  it('history compacted while it was away: it lists again and tells the difference', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = start('web', { watch: { idleMs: 300 } })
    const events = eventsOf(instancer)
    await instancer.ready()
    line.on((path, phase) => {
      if (path === 'watch' && phase === 'sent') throw new TypeError('fetch failed')
    })
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    await admin.kv.delete('/services/web/a')
    const { revision } = await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    await admin.kv.compact(revision)
    line.on(() => {})
    await eventually(() => expect(idsOf(instancer)).toEqual(['b']))
    expect(summary(events.at(-1))).toEqual([['b'], [], ['a']])
    expect(instancer.snapshot().stale).toBe(false)
  })

  it('a stream that is renewed for its age or silence misses nothing and is no error', async () => {
    const instancer = start('web', { watch: { idleMs: 60, maxAgeMs: 150 } })
    const events = eventsOf(instancer)
    await instancer.ready()
    for (let index = 0; index < 20; index++) {
      await admin.kv.put(`/services/web/i${index}`, record(`10.0.0.1:${index + 1}`))
      await wait(40)
    }
    await eventually(() => expect(instancer.snapshot().instances).toHaveLength(20))
    expect(line.calls.filter((path) => path === 'watch').length).toBeGreaterThan(4)
    expect(line.calls.filter((path) => path === 'kv/range')).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'error')).toEqual([])
  })

  it('an error is over when the set is told again, the same set too', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = start()
    const events = eventsOf(instancer)
    await instancer.ready()
    await server.kill()
    await eventually(() => expect(events.at(-1)?.type).toBe('error'))
    await server.restart()
    await eventually(() => expect(events.at(-1)?.type).toBe('snapshot'))
    expect(summary(events.at(-1))).toEqual([[], [], []])
    expect(events.at(-1)).toMatchObject({ snapshot: { stale: false, instances: [{ id: 'a' }] } })
  })

  it('an error is over also when the same set had to be listed again', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = start('web', { watch: { idleMs: 300 } })
    const events = eventsOf(instancer)
    await instancer.ready()
    line.on((path, phase) => {
      if (path === 'watch' && phase === 'sent') throw new TypeError('fetch failed')
    })
    await eventually(() => expect(events.at(-1)?.type).toBe('error'))
    await admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    const { revision } = await admin.kv.delete('/services/web/b')
    await admin.kv.compact(revision)
    line.on((path, phase) => {
      if (path === 'kv/range' && phase === 'sent') throw new TypeError('fetch failed')
    })
    await eventually(() => expect(line.calls.at(-1)).toBe('kv/range'))
    line.on(() => {})
    await eventually(() => expect(events.at(-1)?.type).toBe('snapshot'))
    expect(summary(events.at(-1))).toEqual([[], [], []])
  })

  it('who comes while etcd is away is told the last set, and that it is away', async () => {
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = start()
    await instancer.ready()
    await server.kill()
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    expect(events).toMatchObject([
      { type: 'snapshot', snapshot: { stale: true, instances: [{ id: 'a' }] } },
      { type: 'error', error: { retryable: true } },
    ])
    await server.restart()
  })

  it('with a filter only what matches is in the set, and only what changes there is told', async () => {
    const placed = (address: string, zone: string, env = 'prod') =>
      JSON.stringify({ address, weight: 100, tags: { env }, zone })
    await admin.kv.put('/services/web/a', placed('10.0.0.1:80', 'iad'))
    await admin.kv.put('/services/web/b', placed('10.0.0.2:80', 'fra'))
    const instancer = start('web', { filter: { zone: 'iad', tags: { env: 'prod' } } })
    const events = eventsOf(instancer)
    await instancer.ready()
    const settled = (revision: number) => eventually(() => expect(instancer.snapshot().revision).toBe(revision))
    expect(idsOf(instancer)).toEqual(['a'])

    await settled((await admin.kv.put('/services/web/c', placed('10.0.0.3:80', 'iad', 'test'))).revision)
    await settled((await admin.kv.delete('/services/web/b')).revision)
    expect(events.map(summary)).toEqual([[['a'], [], []]])

    await settled((await admin.kv.put('/services/web/c', placed('10.0.0.3:80', 'iad'))).revision)
    await settled((await admin.kv.put('/services/web/a', placed('10.0.0.1:80', 'fra'))).revision)
    expect(events.slice(1).map(summary)).toEqual([
      [['c'], [], []],
      [[], [], ['a']],
    ])
    expect(() => start('web', { filter: { zone: 7 as never } })).toThrow(TypeError)
  })

  it('closing ends the watch in etcd and tells nobody anything any more; ready() then rejects', async () => {
    const instancer = start()
    const listener = vi.fn()
    instancer.subscribe(listener)
    await instancer.ready()
    const watchers = async () => (await server.metrics()).get('etcd_debugging_mvcc_watcher_total')
    await eventually(async () => expect(await watchers()).toBe(1))
    await instancer.close()
    await instancer.close()
    await eventually(async () => expect(await watchers()).toBe(0))
    await admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    expect(listener).toHaveBeenCalledTimes(1)
    await expect(start('never').close()).resolves.toBeUndefined()
  })

  it('closing while the first list is under way rejects whoever waits for it', async () => {
    const instancer = start()
    const ready = instancer.ready()
    const failure = expect(ready).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await instancer.close()
    await failure
    await expect(instancer.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('finds what go-kit and Kitex have written', async () => {
    await admin.kv.put('/services/foosvc/1.2.3.4:8080', 'http://1.2.3.4:8080')
    await admin.kv.put(
      'kitex/registry-etcd/order/10.0.0.9:8888',
      '{"network":"tcp","address":"10.0.0.9:8888","weight":20,"tags":{"zone":"z1"}}',
    )
    const goKit = start('foosvc', { format: raw() })
    const kitexOrder = start('order', { format: kitex() })
    await Promise.all([goKit.ready(), kitexOrder.ready()])
    expect(goKit.snapshot().instances).toMatchObject([{ address: '1.2.3.4:8080', scheme: 'http' }])
    expect(kitexOrder.snapshot().instances).toMatchObject([{ address: '10.0.0.9:8888', weight: 20, zone: 'z1' }])
  })
})
