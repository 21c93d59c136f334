import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { eventsOf, list, open, post, put, watch } from './gateway-calls.ts'

interface LeaseAnswer {
  readonly ID?: string
  readonly TTL?: string
  readonly grantedTTL?: string
  readonly keys?: string[]
  readonly code?: number
}

const grant = (simulator: EtcdSimulator, body: object) => post<LeaseAnswer>(simulator, '/v3/lease/grant', body)
const timeToLive = async (simulator: EtcdSimulator, ID: string) =>
  (await post<LeaseAnswer>(simulator, '/v3/lease/timetolive', { ID, keys: true })).json

async function keepAlive(simulator: EtcdSimulator, ...ids: string[]): Promise<(string | undefined)[]> {
  const requests = ids.map((ID) => ({ ID }))
  const stream = await open(simulator, '/v3/lease/keepalive', requests)
  const ttls: (string | undefined)[] = []
  for (let line = await stream.next(); line; line = await stream.next()) ttls.push((line.result as LeaseAnswer).TTL)
  return ttls
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('granting', () => {
  test('a lease gets at least the minimum TTL, 2 s unless told otherwise', async () => {
    for (const [minTtlSeconds, granted] of [
      [undefined, '2'],
      [5, '5'],
    ] as const) {
      await using simulator = createEtcdSimulator(minTtlSeconds === undefined ? {} : { minTtlSeconds })
      for (const TTL of [0, 1, -7]) expect((await grant(simulator, { TTL })).json.TTL).toBe(granted)
      expect((await grant(simulator, { TTL: 60 })).json.TTL).toBe('60')
    }
  })

  test('an id is chosen when there is none, and may be negative or use all 63 bits', async () => {
    await using simulator = createEtcdSimulator()
    const { ID = '' } = (await grant(simulator, { TTL: 60 })).json
    expect(BigInt(ID)).toBeGreaterThan(0n)
    expect((await grant(simulator, { TTL: 60, ID: '-4' })).json.ID).toBe('-4')
    expect((await grant(simulator, { TTL: 60, ID: '9223372036854775807' })).json.ID).toBe('9223372036854775807')
    expect(simulator.leases()).toHaveLength(3)
  })

  test('a TTL beyond 9 000 000 000 s is refused', async () => {
    await using simulator = createEtcdSimulator()
    expect((await grant(simulator, { TTL: '9000000001' })).json).toEqual({
      code: 11,
      message: 'etcdserver: too large lease TTL',
    })
  })
})

describe('expiry', () => {
  test('the first sweep after the TTL deletes the keys, in key order and as one revision', async () => {
    await using simulator = createEtcdSimulator()
    await grant(simulator, { ID: '7', TTL: 2 })
    await vi.advanceTimersByTimeAsync(100)
    await grant(simulator, { ID: '8', TTL: 3 })
    for (const key of ['b', 'c', 'a']) await put(simulator, key, '', { lease: '7' })
    const stream = await watch(simulator, { key: '', range_end: 'AA==' })
    await stream.next()

    await vi.advanceTimersByTimeAsync(1899)
    expect(await list(simulator, '\0', '\0')).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(1)
    expect(eventsOf(await stream.next())).toEqual(['-a@5', '-b@5', '-c@5'])
    expect(simulator.leases()).toEqual(['8'])
    await stream.cancel()
  })

  test('time to live is what is left in whole seconds, then nothing for the last one, then -1', async () => {
    await using simulator = createEtcdSimulator()
    await grant(simulator, { ID: '7', TTL: 2 })
    await put(simulator, 'b', '', { lease: '7' })
    await put(simulator, 'a', '', { lease: '7' })
    await vi.advanceTimersByTimeAsync(600)
    expect(await timeToLive(simulator, '7')).toMatchObject({ TTL: '1', grantedTTL: '2', keys: [btoa('a'), btoa('b')] })
    await vi.advanceTimersByTimeAsync(600)
    expect(await timeToLive(simulator, '7')).not.toHaveProperty('TTL')
    await vi.advanceTimersByTimeAsync(800)
    const gone = await timeToLive(simulator, '7')
    expect(gone).toMatchObject({ ID: '7', TTL: '-1' })
    expect(gone).not.toHaveProperty('grantedTTL')
  })

  test('a keep-alive gives the whole TTL again', async () => {
    await using simulator = createEtcdSimulator()
    await grant(simulator, { ID: '7', TTL: 2 })
    for (let second = 0; second < 5; second++) {
      await vi.advanceTimersByTimeAsync(1500)
      expect(await keepAlive(simulator, '7')).toEqual(['2'])
    }
    await vi.advanceTimersByTimeAsync(2500)
    expect(await keepAlive(simulator, '7', '404')).toEqual([undefined, undefined])
  })

  test('a keep-alive of a lease whose time is over loses the lease, even before the sweep', async () => {
    let now = 0
    await using simulator = createEtcdSimulator({ now: () => now })
    await grant(simulator, { ID: '7', TTL: 2 })
    await put(simulator, 'a', '', { lease: '7' })
    now = 2001
    expect(await keepAlive(simulator, '7')).toEqual([undefined])
    expect(await list(simulator, 'a')).toEqual([])
  })

  test('where timers do not run, calls revoke what the sweep would have', async () => {
    let now = 0
    await using simulator = createEtcdSimulator({ now: () => now })
    await grant(simulator, { ID: '7', TTL: 2 })
    await put(simulator, 'a', '', { lease: '7' })
    now = 2499
    expect(await list(simulator, 'a')).toHaveLength(1)
    now = 2500
    expect(await list(simulator, 'a')).toEqual([])
  })

  test('timers run only while there are leases, and not after close', async () => {
    await using simulator = createEtcdSimulator()
    expect(vi.getTimerCount()).toBe(0)
    await grant(simulator, { ID: '7', TTL: 2 })
    await grant(simulator, { ID: '8', TTL: 60 })
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(3000)
    await post(simulator, '/v3/lease/revoke', { ID: '8' })
    expect(vi.getTimerCount()).toBe(0)
    await grant(simulator, { ID: '9', TTL: 60 })
    simulator.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('attaching', () => {
  test('a put without a lease detaches the key; ignore_lease keeps it attached', async () => {
    await using simulator = createEtcdSimulator()
    await grant(simulator, { ID: '7', TTL: 60 })
    for (const key of ['detached', 'kept']) await put(simulator, key, '', { lease: '7' })
    await put(simulator, 'detached')
    await put(simulator, 'kept', 'new', { ignore_lease: true })
    await post(simulator, '/v3/lease/revoke', { ID: '7' })
    expect(await list(simulator, '\0', '\0')).toEqual([{ key: 'detached', value: '' }])
  })

  test('a put under another lease moves the key', async () => {
    await using simulator = createEtcdSimulator()
    await grant(simulator, { ID: '7', TTL: 60 })
    await grant(simulator, { ID: '8', TTL: 60 })
    await put(simulator, 'a', '', { lease: '7' })
    await put(simulator, 'a', '', { lease: '8' })
    expect(await timeToLive(simulator, '7')).not.toHaveProperty('keys')
    expect(await timeToLive(simulator, '8')).toMatchObject({ keys: [btoa('a')] })
  })

  test('a deleted key is detached: putting it again does not bring the lease back', async () => {
    await using simulator = createEtcdSimulator()
    await grant(simulator, { ID: '7', TTL: 60 })
    await put(simulator, 'a', '', { lease: '7' })
    await post(simulator, '/v3/kv/deleterange', { key: btoa('a') })
    await put(simulator, 'a')
    await post(simulator, '/v3/lease/revoke', { ID: '7' })
    expect(await list(simulator, 'a')).toHaveLength(1)
  })
})

test('leases are listed by when they expire, at both of their paths', async () => {
  await using simulator = createEtcdSimulator()
  await grant(simulator, { ID: '1', TTL: 60 })
  await grant(simulator, { ID: '2', TTL: 30 })
  for (const path of ['/v3/lease/leases', '/v3/kv/lease/leases']) {
    expect((await post(simulator, path)).json).toMatchObject({ leases: [{ ID: '2' }, { ID: '1' }] })
  }
})
