import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdClient } from '../../../src/http-client/index.ts'
import { type FullChecks, startFullChecks } from '../../../src/resolver/full-check.ts'
import { createInstancer, type Drift } from '../../../src/resolver/index.ts'
import type { RecordEvent } from '../../../src/resolver/record-set.ts'
import { type FedSet, fedSet, record } from './fed-set.ts'

const webRecord = (id: string, revision: number, weight = 100) =>
  record(`/services/web/${id}`, JSON.stringify({ address: 'a:1', weight }), revision)
const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id)

describe('a list that is compared with a set', () => {
  const drifts: Drift[] = []
  let set: FedSet
  /** A check whose list finds these as of a revision; what happens before it is compared, and before it is put right. */
  const check = (
    revision: number,
    found: readonly ReturnType<typeof record>[],
    meanwhile: { readonly listing?: () => void; readonly settling?: () => void; readonly clusterId?: string } = {},
  ) => {
    const header = { revision, clusterId: meanwhile.clusterId ?? '1' }
    set.beginCheck()
    meanwhile.listing?.()
    const missed = set.compare(header, found)
    meanwhile.settling?.()
    set.repair(header, missed)
    set.endCheck()
    return missed.length
  }
  const event = (type: 'put' | 'delete', id: string, revision: number): RecordEvent => ({
    type,
    kv: webRecord(id, revision, revision),
  })
  beforeEach(() => {
    drifts.length = 0
    set = fedSet({ onDrift: (drift) => void drifts.push(drift) })
    set.listed({ revision: 5, clusterId: '1' }, [webRecord('a', 1), webRecord('b', 2), webRecord('c', 3)])
  })

  it('puts right what the watch has missed, counts it and tells it once', () => {
    const missed = check(9, [webRecord('a', 1), webRecord('b', 8, 7), webRecord('d', 9)])
    expect(missed).toBe(3)
    expect(set.instancer.snapshot()).toMatchObject({
      revision: 9,
      instances: [{ id: 'a' }, { id: 'b', weight: 7 }, { id: 'd' }],
    })
    expect(set.instancer.drift).toBe(3)
    expect(drifts).toHaveLength(1)
    const [{ service, added, updated, removed } = {} as Drift] = drifts
    expect([service, ids(added), ids(updated), ids(removed)]).toEqual(['web', ['d'], ['b'], ['c']])
    expect(set.events).toHaveLength(2)
    check(9, [webRecord('a', 1), webRecord('b', 8, 7), webRecord('d', 9)])
    expect([set.instancer.drift, drifts.length, set.events.length]).toEqual([3, 1, 2])
  })

  it('confirms a set that is as it should be, and tells nobody', () => {
    expect(check(9, [webRecord('a', 1), webRecord('b', 2), webRecord('c', 3)])).toBe(0)
    expect(set.instancer.snapshot().revision).toBe(9)
    expect([set.instancer.drift, drifts.length, set.events.length]).toEqual([0, 0, 1])
  })

  it('loses no event that is newer than the list', () => {
    const listing = () => set.changed(12, [event('put', 'b', 10), event('delete', 'a', 11), event('put', 'e', 12)])
    check(9, [webRecord('a', 1), webRecord('b', 2), webRecord('c', 3)], { listing })
    expect(set.ids()).toEqual(['b', 'c', 'e'])
    expect(set.instancer.snapshot()).toMatchObject({ revision: 12, instances: [{ weight: 10 }, {}, { weight: 12 }] })
    expect(set.instancer.drift).toBe(0)
  })

  it('takes no record back that came and went while it was made', () => {
    const listing = () => set.changed(11, [event('put', 'x', 8), event('delete', 'x', 11)])
    check(9, [webRecord('a', 1), webRecord('b', 2), webRecord('c', 3), webRecord('x', 8)], { listing })
    expect(set.ids()).toEqual(['a', 'b', 'c'])
    expect(set.instancer.drift).toBe(0)
  })

  it('calls nothing drift that an event tells a little later', () => {
    const settling = () =>
      set.changed(12, [event('put', 'b', 8), event('delete', 'c', 9), event('put', 'd', 9), event('delete', 'd', 12)])
    expect(check(9, [webRecord('a', 1), webRecord('b', 8), webRecord('d', 9)], { settling })).toBe(3)
    expect(set.ids()).toEqual(['a', 'b'])
    expect([set.instancer.drift, drifts.length]).toEqual([0, 0])
  })

  it('ignores what arrives of the time before it', () => {
    check(9, [webRecord('a', 1), webRecord('d', 9)])
    const told = set.events.length
    set.changed(9, [event('put', 'b', 6), event('put', 'd', 7), event('put', 'c', 9)])
    expect([set.ids(), set.events.length]).toEqual([['a', 'd'], told])
    set.changed(10, [event('delete', 'd', 10)])
    expect(set.ids()).toEqual(['a'])
  })

  it('does not count what nobody sees: a rewrite, a record that cannot be read', () => {
    const broken = record('/services/web/x', 'null', 8)
    expect(check(9, [webRecord('a', 6), webRecord('b', 2), webRecord('c', 3), broken])).toBe(2)
    expect(set.instancer.snapshot()).toMatchObject({ rejected: 1, instances: [{ modRevision: 6 }, {}, {}] })
    expect([set.instancer.drift, drifts.length, set.events.length]).toEqual([0, 0, 1])
    // Known by now, though it is not in the set.
    expect(check(10, [webRecord('a', 6), webRecord('b', 2), webRecord('c', 3), broken])).toBe(0)
  })

  it('of another cluster is compared with nothing', () => {
    expect(check(99, [], { clusterId: '2' })).toBe(0)
    expect(set.instancer.snapshot()).toMatchObject({ revision: 5, clusterId: '1', instances: { length: 3 } })
  })

  it('changes nothing in a set that is closed meanwhile', async () => {
    check(9, [], { settling: () => void set.instancer.close() })
    expect(set.ids()).toEqual(['a', 'b', 'c'])
  })

  it('survives an onDrift that throws', () => {
    const thrown = vi.fn()
    process.once('uncaughtException', thrown)
    set = fedSet({
      onDrift() {
        throw new Error('of the user')
      },
    })
    set.list('a')
    check(9, [])
    expect(set.ids()).toEqual([])
    return vi.waitFor(() => expect(thrown).toHaveBeenCalled())
  })

  it('finds an expiry that the watch has missed, and onEmpty keeps those who went', async () => {
    set = fedSet({ keepLastMs: 1000 })
    set.list('a', 'b')
    check(9, [])
    expect(set.ids()).toEqual(['a', 'b'])
    expect(set.instancer).toMatchObject({ drift: 2 })
    await set.instancer.close()
  })
})

describe('full checks', () => {
  const order: string[] = []
  let missed: readonly RecordEvent[]
  let list: FullChecks['list']
  let connection: number | undefined
  let stop: () => Promise<void>
  const set = {
    service: 'web',
    beginCheck: () => void order.push('begin'),
    compare: () => missed,
    repair: () => void order.push('repair'),
    endCheck: () => void order.push('end'),
  } as unknown as FedSet
  const start = (everyMs = 1000) =>
    startFullChecks({ everyMs, sets: () => [set], list: (...asked) => list(...asked), connection: () => connection })
  const listing = { revision: 1, clusterId: '1', services: [{ service: 'web', kvs: [] }] }
  beforeEach(() => {
    vi.useFakeTimers()
    order.length = 0
    missed = []
    list = async () => listing
    connection = 1
    stop = async () => {}
  })
  afterEach(async () => {
    await stop()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it.each([
    [0, 900],
    [0.5, 1000],
    [1, 1100],
  ])('come at intervals of their own: with a draw of %d, every %d ms', async (draw, everyMs) => {
    vi.spyOn(Math, 'random').mockReturnValue(draw)
    stop = start()
    await vi.advanceTimersByTimeAsync(everyMs - 1)
    expect(order).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(order).toEqual(['begin', 'repair', 'end'])
    await vi.advanceTimersByTimeAsync(2 * everyMs)
    expect(order).toHaveLength(9)
  })

  it('wait for what is under way before anything is called missed', async () => {
    missed = [{ type: 'delete', kv: { key: 'a', modRevision: 1 } }]
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    stop = start()
    await vi.advanceTimersByTimeAsync(1000 + 1999)
    expect(order).toEqual(['begin'])
    await vi.advanceTimersByTimeAsync(1)
    expect(order).toEqual(['begin', 'repair', 'end'])
  })

  it('are left out while the watch is down, and worth nothing when it was in between', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    connection = undefined
    stop = start()
    await vi.advanceTimersByTimeAsync(3000)
    expect(order).toEqual([])
    connection = 1
    list = async () => {
      connection = 2
      return listing
    }
    await vi.advanceTimersByTimeAsync(1000)
    expect(order).toEqual(['begin', 'end'])
  })

  it('that fail are followed by the next one', async () => {
    list = async () => {
      list = async () => listing
      throw new Error('away')
    }
    stop = start()
    await vi.advanceTimersByTimeAsync(2200)
    expect(order.slice(0, 5)).toEqual(['begin', 'end', 'begin', 'repair', 'end'])
  })

  it('end in the middle of one, whose request is aborted', async () => {
    list = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    stop = start()
    await vi.advanceTimersByTimeAsync(1100)
    await stop()
    expect(order).toEqual(['begin', 'end'])
  })

  it('can wait for as long as a timer can', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.9999999)
    stop = start(2 ** 31 - 1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(order).toEqual([])
  })

  it.each([-1, Number.NaN, 2 ** 31])('fullCheckMs %d is refused by name', (fullCheckMs) => {
    const etcd = createEtcdClient({ endpoints: ['http://etcd.test'] })
    expect(() => createInstancer(etcd, 'web', { fullCheckMs })).toThrow(RangeError)
    expect(() => createInstancer(etcd, 'web', { fullCheckMs })).toThrow('fullCheckMs')
  })
})
