import { keepRegistered } from 'etcd-edge/registry'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SessionClock, startSessionClock } from './session-clock.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const gaps = (moments: readonly number[]) => moments.slice(1).map((at, index) => Math.round(at - (moments[index] ?? 0)))

describe('a session with maxAttempts', () => {
  let clock: SessionClock
  beforeEach(() => {
    vi.useFakeTimers()
    clock = startSessionClock(60)
  })
  afterEach(() => {
    clock.simulator.close()
    vi.useRealTimers()
  })

  it('gives up visibly after so many attempts, 10 s apart, as Kitex does', async () => {
    const session = await keepRegistered(clock.registrar, web, { maxAttempts: 5 })
    const events: string[] = []
    session.subscribe((event) => events.push(event.type === 'state' ? event.state : event.type))
    const closed = expect(session.closed).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    clock.simulator.down()
    clock.calls.length = 0
    await vi.advanceTimersByTimeAsync(300_000)
    await closed
    // Each attempt is made twice, as any call that may be repeated.
    const attempts = clock.at('lease/keepalive').filter((_, index) => index % 2 === 0)
    expect(attempts).toHaveLength(5)
    for (const gap of gaps(attempts)) expect(Math.abs(gap - 10_000)).toBeLessThanOrEqual(50)
    expect(session.status()).toMatchObject({ state: 'failed', attempts: 5, lastError: { code: 'UNAVAILABLE' } })
    expect(events.at(-1)).toBe('failed')
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1)
    await session.close()
    expect(session.status().state).toBe('failed')
  })

  it('gives its lease back when it gives up and etcd can still be told', async () => {
    const session = await keepRegistered(clock.registrar, web, { maxAttempts: 2, retryDelayMs: 100 })
    clock.simulator.failNext('lease/keepalive', { grpcCode: 2, message: 'no' }, 2)
    session.closed.catch(() => {})
    await vi.advanceTimersByTimeAsync(30_000)
    expect(session.status()).toMatchObject({ state: 'failed', lastError: { code: 'RPC' } })
    expect(clock.simulator.leases()).toEqual([])
  })

  it('starts counting anew when an attempt succeeds', async () => {
    const session = await keepRegistered(clock.registrar, web, { maxAttempts: 3, retryDelayMs: 1000 })
    for (let round = 0; round < 5; round++) {
      clock.simulator.failNext('lease/keepalive', { grpcCode: 2, message: 'no' }, 2)
      await vi.advanceTimersByTimeAsync(30_000)
    }
    expect(session.status()).toMatchObject({ state: 'registered', attempts: 0 })
    await session.close()
  })

  it('does not count a lease that is gone, nor a key that is somebody else’s', async () => {
    const session = await keepRegistered(clock.registrar, web, { maxAttempts: 1 })
    clock.simulator.expire(session.status().leaseId)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(session.status().state).toBe('registered')
    await clock.registrar.register(web)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(session.status()).toMatchObject({ state: 'lost', lastError: { code: 'INSTANCE_CONFLICT' } })
    await session.close()
  })

  it('of 0 goes on for ever, also 10 s apart', async () => {
    const session = await keepRegistered(clock.registrar, web, { maxAttempts: 0, retryDelayMs: 10_000 })
    clock.simulator.down()
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(session.status().state).toBe('lost')
    const [attempts] = [clock.at('lease/keepalive').length / 2]
    expect(attempts).toBeGreaterThan(300)
    expect(attempts).toBeLessThan(370)
    clock.simulator.up()
    await vi.advanceTimersByTimeAsync(10_100)
    expect(session.status().state).toBe('registered')
    await session.close()
  })

  it('tries sooner than the delay says while the lease may be saved', async () => {
    const session = await keepRegistered(clock.registrar, web, { ttlSeconds: 9, maxAttempts: 100 })
    clock.simulator.failNext('lease/keepalive', { grpcCode: 2, message: 'no' }, 1)
    await vi.advanceTimersByTimeAsync(9000)
    expect(session.status()).toMatchObject({ state: 'registered', attempts: 0 })
    expect(clock.at('lease/grant')).toHaveLength(1)
    await session.close()
  })
})
