import { createEtcdClient, type WatchItem } from 'etcd-edge/http-client'
import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { describe, expect, test } from 'vitest'

function clientOf(simulator: EtcdSimulator) {
  return createEtcdClient({ endpoints: ['http://etcd.test'], fetch: simulator.fetch, timeoutMs: 1000 })
}

function setUp(dialect: 'v1' | 'v2' = 'v2') {
  const simulator = createEtcdSimulator({ dialect })
  return { simulator, etcd: clientOf(simulator) }
}

/** The values that a watch sees, up to so many. */
async function valuesOf(watch: AsyncIterable<WatchItem>, count: number): Promise<string[]> {
  const values: string[] = []
  for await (const item of watch) {
    if (item.type === 'events') values.push(...item.events.map(({ kv }) => kv.value))
    if (values.length >= count) break
  }
  return values
}

describe('failNext', () => {
  test('breaks the next call and no other, and etcd has not seen it', async () => {
    const { simulator, etcd } = setUp()
    simulator.failNext()
    await expect(etcd.kv.put('a', '1')).rejects.toMatchObject({ code: 'UNAVAILABLE', notExecuted: false })
    expect(simulator.revision()).toBe(1)
    await etcd.kv.put('a', '1')
  })

  test('a refused connection is one that a client may repeat a write after', async () => {
    const { simulator, etcd } = setUp()
    simulator.failNext('kv/put', 'refused')
    await etcd.kv.put('a', '1')
    expect(simulator.revision()).toBe(2)
  })

  test('an answer that is lost leaves what the call did', async () => {
    const { simulator, etcd } = setUp()
    simulator.failNext('kv/put', 'answer-lost')
    await expect(etcd.kv.put('a', '1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect((await etcd.kv.get('a'))?.value).toBe('1')
  })

  test('waits for the call that it names, so many times', async () => {
    const { simulator, etcd } = setUp()
    simulator.failNext('kv/range', 'reset', 2)
    await etcd.kv.put('a', '1')
    await expect(etcd.kv.get('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect((await etcd.kv.get('a'))?.value).toBe('1')
  })

  test('answers as a proxy would', async () => {
    const { simulator, etcd } = setUp()
    simulator.failNext('kv/put', { status: 502, body: 'Bad Gateway' })
    await expect(etcd.kv.put('a', '1')).rejects.toMatchObject({ code: 'PROTOCOL', status: 502, message: /Bad Gateway/ })
  })

  test.each(['v1', 'v2'] as const)('answers with an error of etcd’s own, in dialect %s', async (dialect) => {
    const { simulator, etcd } = setUp(dialect)
    const full = { grpcCode: 8, message: 'etcdserver: mvcc: database space exceeded' }
    simulator.failNext('kv/put', full)
    await expect(etcd.kv.put('a', '1')).rejects.toMatchObject({ code: 'RPC', grpcCode: 8, message: /space exceeded/ })
    simulator.failNext('lease/keepalive', { grpcCode: 9 })
    await expect(etcd.lease.keepAliveOnce('1')).rejects.toMatchObject({ grpcCode: 9, message: /simulated failure/ })
  })

  test('leaves pages and preflights alone', async () => {
    const { simulator } = setUp()
    simulator.failNext()
    expect((await simulator.fetch('http://etcd/health')).status).toBe(200)
  })
})

describe('cutWatchAfter', () => {
  test('breaks a watch behind an event, once, and a client misses nothing', async () => {
    const { simulator, etcd } = setUp()
    const states: string[] = []
    const watch = etcd.watch({ prefix: 'n', startRevision: 2, onState: ({ state }) => states.push(state) })
    simulator.cutWatchAfter(3)
    const values = valuesOf(watch, 6)
    for (const value of ['1', '2', '3', '4', '5', '6']) await etcd.kv.put('n', value)
    expect(await values).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(states.slice(0, 2)).toEqual(['connected', 'interrupted'])
    expect(states.filter((state) => state === 'interrupted')).toHaveLength(1)
  })
})

describe('cut, down and up', () => {
  test('cut breaks what is open, and the next call works', async () => {
    const { simulator, etcd } = setUp()
    const connected = Promise.withResolvers<void>()
    const watch = etcd.watch({ prefix: 'n', onState: ({ state }) => state === 'connected' && connected.resolve() })
    const values = valuesOf(watch, 1)
    await connected.promise
    simulator.cut()
    expect(simulator.watcherCount()).toBe(0)
    await etcd.kv.put('n', '1')
    expect(await values).toEqual(['1'])
  })

  test('nothing is reached while it is down, and everything is there when it is up again', async () => {
    const { simulator, etcd } = setUp()
    await etcd.kv.put('a', '1')
    simulator.down()
    await expect(etcd.kv.get('a')).rejects.toMatchObject({ code: 'UNAVAILABLE', notExecuted: true })
    simulator.up()
    expect((await etcd.kv.get('a'))?.value).toBe('1')
  })
})

describe('compact', () => {
  test('forgets the history before the current revision', async () => {
    const { simulator, etcd } = setUp()
    await etcd.kv.put('a', '1')
    await etcd.kv.put('a', '2')
    simulator.compact()
    await expect(etcd.kv.list({ prefix: 'a', revision: 2 })).rejects.toMatchObject({ code: 'COMPACTED' })
    const items: WatchItem[] = []
    for await (const item of etcd.watch({ prefix: 'a', startRevision: 2 })) items.push(item)
    expect(items).toEqual([{ type: 'reset', reason: 'compacted' }])
  })

  test('refuses what etcd refuses', () => {
    const { simulator } = setUp()
    expect(() => simulator.compact(99)).toThrow(RangeError)
    simulator.compact()
    expect(() => simulator.compact()).toThrow(/has been compacted/)
  })
})

describe('expire and advance', () => {
  test('expire ends a lease with its keys', async () => {
    const { simulator, etcd } = setUp()
    const { leaseId } = await etcd.lease.grant(60)
    await etcd.kv.put('a', '1', { leaseId })
    simulator.expire(leaseId)
    expect(await etcd.kv.get('a')).toBeUndefined()
    await expect(etcd.lease.keepAliveOnce(leaseId)).rejects.toMatchObject({ code: 'LEASE_NOT_FOUND' })
    expect(() => simulator.expire(leaseId)).toThrow(/lease not found/)
  })

  test('advance moves the clock, and only what is over expires', async () => {
    const { simulator, etcd } = setUp()
    const [short, long] = await Promise.all([etcd.lease.grant(10), etcd.lease.grant(20)])
    simulator.advance(9000)
    expect(simulator.leases()).toEqual([short.leaseId, long.leaseId])
    await etcd.lease.keepAliveOnce(short.leaseId)
    simulator.advance(9900)
    expect(simulator.leases()).toHaveLength(2)
    simulator.advance(10_000)
    expect(simulator.leases()).toEqual([])
    expect(() => simulator.advance(-1)).toThrow(RangeError)
  })

  test('advance works with a clock of one’s own that stands still', async () => {
    const simulator = createEtcdSimulator({ now: () => 0 })
    const etcd = clientOf(simulator)
    const { leaseId } = await etcd.lease.grant(10)
    simulator.advance(4000)
    expect((await etcd.lease.timeToLive(leaseId)).ttlSeconds).toBe(6)
  })
})
