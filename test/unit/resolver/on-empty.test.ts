import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdClient } from '../../../src/http-client/index.ts'
import { goZero } from '../../../src/instance/index.ts'
import { createInstancer, type InstancerOptions } from '../../../src/resolver/index.ts'
import { type FedSet, fedSet, record } from './fed-set.ts'

const keepLastMs = 1000
const names = (count: number) => Array.from({ length: count }, (_, index) => `i${index + 100}`)
const summary = (set: FedSet) => {
  const event = set.events.at(-1)
  if (event?.type !== 'snapshot') return event
  const { added, updated, removed } = event.change
  return [added, updated, removed].map((list) => list.map(({ id }) => id))
}
const away = new Error('away')

describe('onEmpty: { keepLastMs }', () => {
  let set: FedSet
  const snapshot = () => set.instancer.snapshot()
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 })
    set = fedSet({ keepLastMs })
  })
  afterEach(async () => {
    await set.instancer.close()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('gives back all who expired within the window, however many revisions it took', () => {
    const all = names(100)
    set.list(...all)
    for (let from = 0; from < 90; from += 10) {
      set.remove(...all.slice(from, from + 10))
      vi.advanceTimersByTime(50)
    }
    expect(set.ids()).toEqual(all.slice(90))
    set.remove(...all.slice(90))
    expect(snapshot()).toMatchObject({ stale: true, instances: { length: 100 } })
    expect(set.ids()).toEqual(all)
    expect(summary(set)).toEqual([all.slice(0, 90), [], []])
  })

  it('gives back nobody who left before that', () => {
    set.list('a', 'b', 'c')
    set.remove('a')
    vi.advanceTimersByTime(keepLastMs + 1)
    set.remove('b')
    set.remove('c')
    expect(set.ids()).toEqual(['b', 'c'])
  })

  it('says what etcd has once the time is over, and keeps nobody twice', () => {
    set.list('a')
    set.remove('a')
    expect(set.events).toHaveLength(2)
    expect(summary(set)).toEqual([[], [], []])
    vi.advanceTimersByTime(keepLastMs - 1)
    expect(snapshot()).toMatchObject({ stale: true, instances: [{ id: 'a' }] })
    vi.advanceTimersByTime(1)
    expect(snapshot()).toMatchObject({ stale: false, instances: [], revision: set.revision() })
    expect(summary(set)).toEqual([[], [], ['a']])
    set.list()
    set.remove('x')
    expect(set.events).toHaveLength(3)
    expect(snapshot()).toMatchObject({ stale: false, instances: [] })
  })

  it('says what etcd has as soon as somebody is there again', () => {
    set.list('a', 'b')
    set.remove('a', 'b')
    set.put('b', { weight: 7 })
    expect(snapshot()).toMatchObject({ stale: false, instances: [{ id: 'b', weight: 7 }] })
    expect(summary(set)).toEqual([[], ['b'], ['a']])
  })

  it('says that it is over also when all are back as they were', () => {
    set.list('a', 'b')
    set.list()
    set.list('a', 'b')
    expect(summary(set)).toEqual([[], [], []])
    expect(set.events.map((event) => event.type === 'snapshot' && event.snapshot.stale)).toEqual([false, true, false])
  })

  it('counts what a list no longer finds as an event', () => {
    set.list('a', 'b', 'c')
    set.list('c')
    set.list()
    expect(set.ids()).toEqual(['a', 'b', 'c'])
    expect(snapshot().stale).toBe(true)
  })

  it('keeps the revision and the time of the last set that etcd confirmed', () => {
    set.list('a')
    const confirmed = snapshot()
    vi.advanceTimersByTime(10)
    set.remove('a')
    set.failed(away)
    set.recovered()
    const { revision, updatedAt } = snapshot()
    expect({ revision, updatedAt }).toEqual({ revision: confirmed.revision, updatedAt: confirmed.updatedAt })
  })

  it('accepts a set that was empty from the start', () => {
    set.list()
    expect(snapshot()).toMatchObject({ stale: false, instances: [] })
  })

  it('has etcd’s last word of each', () => {
    set.list('a', 'b')
    set.put('a', { weight: 3 })
    set.remove('a')
    set.put('a', { weight: 4, status: 'draining' })
    set.remove('b')
    set.remove('a')
    expect(snapshot().instances).toMatchObject([{ id: 'a', weight: 4, status: 'draining' }, { id: 'b' }])
  })

  it('gives back nobody whom etcd has elsewhere', async () => {
    await set.instancer.close()
    set = fedSet({ keepLastMs, matches: ({ zone }) => zone === undefined })
    set.list('a', 'b', 'c', 'd')
    set.put('a', { zone: 'fra' })
    set.remove('a')
    set.remove('d')
    set.put('d', { zone: 'fra' })
    set.remove('b')
    set.remove('c')
    expect(set.ids()).toEqual(['b', 'c'])
    // Back, but in another zone.
    set.put('b', { zone: 'fra' })
    expect(set.ids()).toEqual(['c'])
    expect(summary(set)).toEqual([[], [], ['b']])
    set.put('c', { zone: 'fra' })
    expect(snapshot()).toMatchObject({ stale: false, instances: [] })
  })

  it('several times in a row: each has its own time, and an instance is shown no longer than twice that', () => {
    set.list('a', 'b')
    set.remove('a')
    set.remove('b')
    vi.advanceTimersByTime(600)
    set.put('b')
    vi.advanceTimersByTime(300)
    set.remove('b')
    expect(set.ids()).toEqual(['a', 'b'])
    vi.advanceTimersByTime(600)
    set.put('c')
    set.remove('c')
    // It is 1500 ms since a went.
    expect(set.ids()).toEqual(['b', 'c'])
    vi.advanceTimersByTime(keepLastMs)
    expect(snapshot()).toMatchObject({ stale: false, instances: [] })
  })

  it('does not count the time during which etcd cannot be asked', () => {
    set.list('a')
    set.remove('a')
    vi.advanceTimersByTime(400)
    set.failed(away)
    vi.advanceTimersByTime(10 * keepLastMs)
    set.failed(away)
    expect(snapshot()).toMatchObject({ stale: true, instances: [{ id: 'a' }] })
    set.recovered()
    expect(set.events.slice(-3).map(({ type }) => type)).toEqual(['error', 'error', 'snapshot'])
    vi.advanceTimersByTime(599)
    expect(snapshot()).toMatchObject({ stale: true, instances: [{ id: 'a' }] })
    vi.advanceTimersByTime(1)
    expect(snapshot()).toMatchObject({ stale: false, instances: [] })
  })

  it('goes on when an error ends with a list that is still empty', () => {
    set.list('a')
    set.failed(away)
    set.list()
    expect(snapshot()).toMatchObject({ stale: true, instances: [{ id: 'a' }] })
    set.failed(away)
    set.list()
    vi.advanceTimersByTime(keepLastMs)
    expect(snapshot()).toMatchObject({ stale: false, instances: [] })
  })

  it('a newcomer is told what is kept, and one who closes then leaves no timer', async () => {
    set.list('a')
    set.remove('a')
    const listener = vi.fn()
    set.instancer.subscribe(listener)
    expect(listener).toHaveBeenCalledWith(
      expect.objectContaining({ snapshot: expect.objectContaining({ stale: true, instances: [expect.anything()] }) }),
    )
    expect(vi.getTimerCount()).toBe(1)
    await set.instancer.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer when it is closed by one who is told of a record that cannot be read', async () => {
    await set.instancer.close()
    set = fedSet({ keepLastMs, onRejected: () => void set.instancer.close() })
    set.list('a')
    set.changed(9, [
      { type: 'delete', kv: { key: '/services/web/a', modRevision: 9 } },
      { type: 'put', kv: record('/services/web/bad', 'null', 9) },
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('shows those who are kept as the format would', async () => {
    await set.instancer.close()
    set = fedSet({ keepLastMs, format: goZero() })
    const under = (lease: number, revision = 1) => record(`web/${lease}`, 'a:1', revision)
    // One address, registered twice.
    set.listed({ revision: 1, clusterId: '1' }, [under(1), under(2)])
    for (const lease of [1, 2]) {
      expect(snapshot().instances).toHaveLength(1)
      set.changed(lease + 1, [{ type: 'delete', kv: under(lease, lease + 1) }])
    }
    expect(snapshot()).toMatchObject({ stale: true, instances: { length: 1 } })
  })
})

describe('onEmpty', () => {
  it('is accept when nothing is said: empty is empty at once', () => {
    const set = fedSet()
    set.list('a')
    set.remove('a')
    expect(set.instancer.snapshot()).toMatchObject({ stale: false, instances: [] })
    expect(summary(set)).toEqual([[], [], ['a']])
  })

  it.each([
    [{ keepLastMs: 0 }, RangeError, 'onEmpty.keepLastMs'],
    [{ keepLastMs: Number.NaN }, RangeError, 'onEmpty.keepLastMs'],
    [{ keepLastMs: 2 ** 31 }, RangeError, 'onEmpty.keepLastMs'],
    [{}, RangeError, 'onEmpty.keepLastMs'],
    ['keep', TypeError, 'onEmpty'],
    [null, TypeError, 'onEmpty'],
  ])('%j is refused by name', (onEmpty, kind, name) => {
    const etcd = createEtcdClient({ endpoints: ['http://etcd.test'] })
    const create = () => createInstancer(etcd, 'web', { onEmpty } as InstancerOptions)
    expect(create).toThrow(kind)
    expect(create).toThrow(name)
  })
})
