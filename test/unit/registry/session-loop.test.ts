import { keepRegistered } from 'etcd-edge/registry'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SessionClock, startSessionClock } from './session-clock.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const key = '/services/web/a'
const gaps = (moments: readonly number[]) => moments.slice(1).map((at, index) => at - (moments[index] ?? 0))

describe('the loop of a session', () => {
  let clock: SessionClock
  beforeEach(() => {
    vi.useFakeTimers()
    clock = startSessionClock(60)
  })
  afterEach(() => {
    clock.simulator.close()
    vi.useRealTimers()
  })

  it('beats every third of the TTL, give or take a tenth', async () => {
    const session = await keepRegistered(clock.registrar, web)
    await vi.advanceTimersByTimeAsync(300_000)
    const beats = gaps(clock.at('lease/keepalive'))
    expect(beats.length).toBeGreaterThanOrEqual(12)
    for (const gap of beats) expect(Math.abs(gap - 20_000)).toBeLessThanOrEqual(2001)
    expect(new Set(beats).size).toBeGreaterThan(1)
    await session.close()
  })

  it.each([60, 600])('looks at its key at least every 30 s when the TTL is %d s', async (ttlSeconds) => {
    const session = await keepRegistered(clock.registrar, web, { ttlSeconds })
    await vi.advanceTimersByTimeAsync(300_000)
    const looks = clock.at('kv/range')
    expect(looks.length).toBeGreaterThan(9)
    for (const gap of gaps(looks)) expect(gap).toBeLessThanOrEqual(30_001)
    await session.close()
  })

  it('looks at its key as often as observeDelayMs says', async () => {
    const session = await keepRegistered(clock.registrar, web, { observeDelayMs: 5000 })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(clock.at('kv/range').length).toBeGreaterThanOrEqual(12)
    expect(clock.at('kv/range').length).toBeLessThanOrEqual(15)
    await session.close()
  })

  it('waits for a heartbeat that is longer than a timer can wait', async () => {
    const session = await keepRegistered(clock.registrar, web, { ttlSeconds: 10_000_000, observeDelayMs: 2 ** 31 - 1 })
    clock.calls.length = 0
    await vi.advanceTimersByTimeAsync(86_400_000)
    expect(clock.calls).toEqual([])
    await session.close()
  })

  it('tries again at most 2 s after a failure, however long the outage and the TTL are, and never gives up', async () => {
    const session = await keepRegistered(clock.registrar, web)
    await vi.advanceTimersByTimeAsync(25_000)
    clock.simulator.down()
    clock.calls.length = 0
    await vi.advanceTimersByTimeAsync(900_000)
    const attempts = clock.at('lease/keepalive')
    expect(attempts.length).toBeGreaterThan(400)
    for (const gap of gaps(attempts.slice(1))) expect(gap).toBeLessThanOrEqual(2001)
    expect(session.status().state).toBe('lost')
    clock.simulator.up()
    await vi.advanceTimersByTimeAsync(2001)
    expect(session.status()).toMatchObject({ state: 'registered', attempts: 0, lastError: undefined })
    await session.close()
  })

  it('stays registered while the TTL has not passed since the last beat, and is lost when it has', async () => {
    const session = await keepRegistered(clock.registrar, web)
    clock.simulator.down()
    await vi.advanceTimersByTimeAsync(59_000)
    expect(session.status()).toMatchObject({ state: 'registered', lastError: { code: 'UNAVAILABLE' } })
    await vi.advanceTimersByTimeAsync(4000)
    expect(session.status().state).toBe('lost')
    await session.close().catch(() => {})
  })

  it('takes a lease that is gone for gone at once, and registers in the same moment', async () => {
    const session = await keepRegistered(clock.registrar, web)
    const states: string[] = []
    session.subscribe((event) => event.type === 'state' && states.push(event.state))
    clock.simulator.expire(session.status().leaseId)
    clock.calls.length = 0
    await vi.advanceTimersByTimeAsync(23_000)
    expect(states).toEqual(['lost', 'registering', 'registered'])
    expect(clock.calls.map(({ path }) => path)).toEqual(['lease/keepalive', 'lease/grant', 'kv/txn'])
    expect(new Set(clock.calls.map(({ at }) => Math.floor(at / 10))).size).toBe(1)
    await session.close()
  })

  it.each([86_400_000, -86_400_000])('does not mind a wall clock that jumps by %d ms', async (jump) => {
    const session = await keepRegistered(clock.registrar, web)
    const { modRevision } = (await clock.etcd.kv.get(key)) ?? {}
    await vi.advanceTimersByTimeAsync(30_000)
    vi.setSystemTime(Date.now() + jump)
    clock.calls.length = 0
    await vi.advanceTimersByTimeAsync(120_000)
    expect(session.status()).toMatchObject({ state: 'registered', attempts: 0 })
    expect(clock.at('lease/keepalive').length).toBeGreaterThanOrEqual(5)
    expect((await clock.etcd.kv.get(key))?.modRevision).toBe(modRevision)
    await session.close()
  })

  it('leaves no timer behind when it is closed', async () => {
    const session = await keepRegistered(clock.registrar, web, { healthCheck: () => true })
    await vi.advanceTimersByTimeAsync(60_000)
    await session.close()
    expect(vi.getTimerCount()).toBe(0)
    expect(clock.calls.at(-1)?.path).toBe('lease/revoke')
  })

  it('tells a listener that throws and one behind it the same', async () => {
    const session = await keepRegistered(clock.registrar, web)
    // An uncaught error, as it has to be, would end this test as well.
    const uncaught: unknown[] = []
    const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) => {
      Promise.resolve()
        .then(run)
        .catch((error: unknown) => uncaught.push(error))
    })
    const told = vi.fn()
    session.subscribe(() => {
      throw new Error('mine')
    })
    const stop = session.subscribe(told)
    clock.simulator.down()
    await vi.advanceTimersByTimeAsync(23_000)
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ type: 'error', error: expect.anything() }))
    expect(uncaught).toEqual(told.mock.calls.map(() => new Error('mine')))
    stop()
    told.mockClear()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(told).not.toHaveBeenCalled()
    await session.close().catch(() => {})
    spy.mockRestore()
  })
})
