import { kitex, raw } from 'etcd-edge/instance'
import { expect, it, vi } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { eventsOf, idsOf, record, summary, useLiveInstancers } from './live-instancers.ts'

describeWithEtcd('an instancer', () => {
  const live = useLiveInstancers()

  it('sends nothing until it is asked, and has no snapshot before it has listed', async () => {
    const instancer = live.start()
    expect(() => instancer.snapshot()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    expect(live.line.calls).toEqual([])
    await instancer.ready()
    expect(instancer.snapshot()).toMatchObject({ service: 'web', instances: [], stale: false, rejected: 0 })
  })

  it('applies each change in place: one list, one watch, and no request more', async () => {
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = live.start()
    const events = eventsOf(instancer)
    await instancer.ready()
    // One by one: what happens before the watch is up comes together.
    const seen = (count: number) => eventually(() => expect(events).toHaveLength(count))
    await live.admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    await seen(2)
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80', 5))
    await seen(3)
    const { revision } = await live.admin.kv.delete('/services/web/b')
    await seen(4)
    expect(events.map(summary)).toEqual([
      [['a'], [], []],
      [['b'], [], []],
      [[], ['a'], []],
      [[], [], ['b']],
    ])
    expect(instancer.snapshot()).toMatchObject({ revision, instances: [{ id: 'a', weight: 5 }] })
    expect(live.line.calls).toEqual(['kv/range', 'watch'])
  })

  it('gives what an instance says and where it was found', async () => {
    const lease = await live.admin.lease.grant(60)
    const put = await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'), { leaseId: lease.leaseId })
    const instancer = live.start()
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
    const instancer = live.start()
    const events = eventsOf(instancer)
    await instancer.ready()
    const before = instancer.snapshot()
    const { op } = await import('../../src/http-client/index.ts')
    await live.admin.kv
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
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = live.start()
    const events = eventsOf(instancer)
    await instancer.ready()
    const { revision } = await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    await eventually(() => expect(instancer.snapshot().revision).toBe(revision))
    expect(events).toHaveLength(1)
  })

  it('web does not answer for web2, nor for what lies elsewhere', async () => {
    await live.admin.kv.put('/services/web2/a', record('10.0.0.1:80'))
    const instancer = live.start()
    await instancer.ready()
    await live.admin.kv.put('/services/web2/b', record('10.0.0.1:80'))
    await live.admin.kv.put('/services/web/mine', record('10.0.0.1:80'))
    await eventually(() => expect(idsOf(instancer)).toEqual(['mine']))
  })

  it('counts a record that does not decode, tells which, and keeps the good one that it replaced', async () => {
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    await live.admin.kv.put('/services/web/bad', 'null')
    const rejected = vi.fn()
    const instancer = live.start('web', { onRejected: rejected })
    await instancer.ready()
    expect(instancer.snapshot()).toMatchObject({ rejected: 1, instances: [{ id: 'a' }] })
    expect(rejected).toHaveBeenCalledWith('/services/web/bad', expect.objectContaining({ code: 'INVALID_INSTANCE' }))
    await live.admin.kv.put('/services/web/a', 'nonsense')
    await eventually(() => expect(instancer.snapshot().rejected).toBe(2))
    expect(instancer.snapshot().instances).toMatchObject([{ id: 'a', address: '10.0.0.1:80' }])
    await live.admin.kv.delete('/services/web/a')
    await live.admin.kv.put('/services/web/bad', record('10.0.0.3:80'))
    await eventually(() => expect(idsOf(instancer)).toEqual(['bad']))
    expect(instancer.snapshot().rejected).toBe(0)
  })

  it('a newcomer is told the current set at once, and one that has left is told nothing', async () => {
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = live.start()
    await instancer.ready()
    const early = vi.fn()
    instancer.subscribe(early)()
    const late = vi.fn()
    instancer.subscribe(late)
    expect(summary(late.mock.calls[0]?.[0])).toEqual([['a'], [], []])
    await live.admin.kv.delete('/services/web/a')
    await eventually(() => expect(late).toHaveBeenCalledTimes(2))
    expect(early).toHaveBeenCalledTimes(1)
  })

  it('with a filter only what matches is in the set, and only what changes there is told', async () => {
    const placed = (address: string, zone: string, env = 'prod') =>
      JSON.stringify({ address, weight: 100, tags: { env }, zone })
    await live.admin.kv.put('/services/web/a', placed('10.0.0.1:80', 'iad'))
    await live.admin.kv.put('/services/web/b', placed('10.0.0.2:80', 'fra'))
    const instancer = live.start('web', { filter: { zone: 'iad', tags: { env: 'prod' } } })
    const events = eventsOf(instancer)
    await instancer.ready()
    const settled = (revision: number) => eventually(() => expect(instancer.snapshot().revision).toBe(revision))
    expect(idsOf(instancer)).toEqual(['a'])

    await settled((await live.admin.kv.put('/services/web/c', placed('10.0.0.3:80', 'iad', 'test'))).revision)
    await settled((await live.admin.kv.delete('/services/web/b')).revision)
    expect(events.map(summary)).toEqual([[['a'], [], []]])

    await settled((await live.admin.kv.put('/services/web/c', placed('10.0.0.3:80', 'iad'))).revision)
    await settled((await live.admin.kv.put('/services/web/a', placed('10.0.0.1:80', 'fra'))).revision)
    expect(events.slice(1).map(summary)).toEqual([
      [['c'], [], []],
      [[], [], ['a']],
    ])
    expect(() => live.start('web', { filter: { zone: 7 as never } })).toThrow(TypeError)
  })

  it('closing ends the watch in etcd and tells nobody anything any more; ready() then rejects', async () => {
    const instancer = live.start()
    const listener = vi.fn()
    instancer.subscribe(listener)
    await instancer.ready()
    const watchers = async () => (await live.server.metrics()).get('etcd_debugging_mvcc_watcher_total')
    await eventually(async () => expect(await watchers()).toBe(1))
    await instancer.close()
    await instancer.close()
    await eventually(async () => expect(await watchers()).toBe(0))
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    expect(listener).toHaveBeenCalledTimes(1)
    await expect(live.start('never').close()).resolves.toBeUndefined()
  })

  it('closing while the first list is under way rejects whoever waits for it', async () => {
    const instancer = live.start()
    const ready = instancer.ready()
    const failure = expect(ready).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await instancer.close()
    await failure
    await expect(instancer.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('finds what go-kit and Kitex have written', async () => {
    await live.admin.kv.put('/services/foosvc/1.2.3.4:8080', 'http://1.2.3.4:8080')
    await live.admin.kv.put(
      'kitex/registry-etcd/order/10.0.0.9:8888',
      '{"network":"tcp","address":"10.0.0.9:8888","weight":20,"tags":{"zone":"z1"}}',
    )
    const goKit = live.start('foosvc', { format: raw() })
    const kitexOrder = live.start('order', { format: kitex() })
    await Promise.all([goKit.ready(), kitexOrder.ready()])
    expect(goKit.snapshot().instances).toMatchObject([{ address: '1.2.3.4:8080', scheme: 'http' }])
    expect(kitexOrder.snapshot().instances).toMatchObject([{ address: '10.0.0.9:8888', weight: 20, zone: 'z1' }])
  })
})
