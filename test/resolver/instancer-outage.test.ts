import { setTimeout as wait } from 'node:timers/promises'
import type { InstancerEvent } from 'etcd-edge/resolver'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { eventsOf, idsOf, record, summary, useLiveInstancers } from './live-instancers.ts'

describeWithEtcd('an instancer whose etcd is away for a while', () => {
  const live = useLiveInstancers()

  it('etcd away at the start: ready() rejects with a typed error, and the next one succeeds when etcd is back', async () => {
    live.line.down()
    const instancer = live.start()
    const events = eventsOf(instancer)
    await expect(instancer.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(() => instancer.snapshot()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    expect(events[0]).toMatchObject({ type: 'error', error: { code: 'UNAVAILABLE' } })
    live.line.up()
    await instancer.ready()
    expect(idsOf(instancer)).toEqual([])
  })

  it('etcd killed: the last set stays, marked stale; back: it catches up from where it was', async () => {
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = live.start()
    const events = eventsOf(instancer)
    await instancer.ready()
    await live.server.kill()
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    expect(idsOf(instancer)).toEqual(['a'])
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { retryable: true } })
    await live.server.restart()
    await live.admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    await eventually(() => expect(idsOf(instancer)).toEqual(['a', 'b']))
    expect(instancer.snapshot().stale).toBe(false)
    expect(live.line.calls.filter((path) => path === 'kv/range')).toHaveLength(1)
  })

  it('history compacted while it was away: it lists again and tells the difference', async () => {
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = live.start('web', { watch: { idleMs: 300 } })
    const events = eventsOf(instancer)
    await instancer.ready()
    live.line.on((path, phase) => {
      if (path === 'watch' && phase === 'sent') throw new TypeError('fetch failed')
    })
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    await live.admin.kv.delete('/services/web/a')
    const { revision } = await live.admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    await live.admin.kv.compact(revision)
    live.line.on(() => {})
    await eventually(() => expect(idsOf(instancer)).toEqual(['b']))
    expect(summary(events.at(-1))).toEqual([['b'], [], ['a']])
    expect(instancer.snapshot().stale).toBe(false)
  })

  it('a stream that is renewed for its age or silence misses nothing and is no error', async () => {
    const instancer = live.start('web', { watch: { idleMs: 60, maxAgeMs: 150 } })
    const events = eventsOf(instancer)
    await instancer.ready()
    for (let index = 0; index < 20; index++) {
      await live.admin.kv.put(`/services/web/i${index}`, record(`10.0.0.1:${index + 1}`))
      await wait(40)
    }
    await eventually(() => expect(instancer.snapshot().instances).toHaveLength(20))
    expect(live.line.calls.filter((path) => path === 'watch').length).toBeGreaterThan(4)
    expect(live.line.calls.filter((path) => path === 'kv/range')).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'error')).toEqual([])
  })

  it('an error is over when the set is told again, the same set too', async () => {
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = live.start()
    const events = eventsOf(instancer)
    await instancer.ready()
    await live.server.kill()
    await eventually(() => expect(events.at(-1)?.type).toBe('error'))
    await live.server.restart()
    await eventually(() => expect(events.at(-1)?.type).toBe('snapshot'))
    expect(summary(events.at(-1))).toEqual([[], [], []])
    expect(events.at(-1)).toMatchObject({ snapshot: { stale: false, instances: [{ id: 'a' }] } })
  })

  it('an error is over also when the same set had to be listed again', async () => {
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = live.start('web', { watch: { idleMs: 300 } })
    const events = eventsOf(instancer)
    await instancer.ready()
    live.line.on((path, phase) => {
      if (path === 'watch' && phase === 'sent') throw new TypeError('fetch failed')
    })
    await eventually(() => expect(events.at(-1)?.type).toBe('error'))
    await live.admin.kv.put('/services/web/b', record('10.0.0.2:80'))
    const { revision } = await live.admin.kv.delete('/services/web/b')
    await live.admin.kv.compact(revision)
    live.line.on((path, phase) => {
      if (path === 'kv/range' && phase === 'sent') throw new TypeError('fetch failed')
    })
    await eventually(() => expect(live.line.calls.at(-1)).toBe('kv/range'))
    live.line.on(() => {})
    await eventually(() => expect(events.at(-1)?.type).toBe('snapshot'))
    expect(summary(events.at(-1))).toEqual([[], [], []])
  })

  it('who comes while etcd is away is told the last set, and that it is away', async () => {
    await live.admin.kv.put('/services/web/a', record('10.0.0.1:80'))
    const instancer = live.start()
    await instancer.ready()
    await live.server.kill()
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    expect(events).toMatchObject([
      { type: 'snapshot', snapshot: { stale: true, instances: [{ id: 'a' }] } },
      { type: 'error', error: { retryable: true } },
    ])
    await live.server.restart()
  })
})
