import { keepRegistered } from 'etcd-edge/registry'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SessionClock, startSessionClock } from './session-clock.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const key = '/services/web/a'

describe('the health check of a session', () => {
  let clock: SessionClock
  beforeEach(() => {
    vi.useFakeTimers()
    clock = startSessionClock(30)
  })
  afterEach(() => {
    clock.simulator.close()
    vi.useRealTimers()
  })

  it('is asked before each beat', async () => {
    const healthCheck = vi.fn(() => true)
    const session = await keepRegistered(clock.registrar, web, { healthCheck })
    await vi.advanceTimersByTimeAsync(100_000)
    expect(healthCheck.mock.calls.length).toBe(clock.at('lease/keepalive').length)
    expect(healthCheck.mock.calls.length).toBeGreaterThanOrEqual(9)
    expect(session.status()).toMatchObject({ state: 'registered', healthy: true })
    await session.close()
  })

  it.each([
    ['says no', () => false],
    ['throws', () => Promise.reject(new Error('the database is away'))],
    ['never answers', () => new Promise<boolean>(() => {})],
  ])('that %s stops the beats, so that etcd drops the instance; and it is back when all is well', async (_, sick) => {
    let check: () => boolean | Promise<boolean> = () => true
    const session = await keepRegistered(clock.registrar, web, { healthCheck: () => check() })
    const events: string[] = []
    session.subscribe((event) => events.push(event.type === 'state' ? event.state : event.type))
    check = sick
    await vi.advanceTimersByTimeAsync(15_000)
    expect(session.status()).toMatchObject({ state: 'registered', healthy: false })
    clock.calls.length = 0
    await vi.advanceTimersByTimeAsync(60_000)
    expect(clock.calls).toEqual([])
    expect(session.status()).toMatchObject({ state: 'lost', healthy: false, attempts: 0 })
    expect(await clock.etcd.kv.get(key)).toBeUndefined()
    check = () => true
    await vi.advanceTimersByTimeAsync(15_000)
    expect(session.status()).toMatchObject({ state: 'registered', healthy: true })
    expect((await clock.etcd.kv.get(key))?.leaseId).toBe(session.status().leaseId)
    expect(events).toEqual(['health', 'lost', 'health', 'registering', 'registered'])
    await session.close()
  })

  it('that fails once costs nothing: the lease outlives a beat that is left out', async () => {
    let failures = 1
    const session = await keepRegistered(clock.registrar, web, { healthCheck: () => failures-- <= 0 })
    const before = await clock.etcd.kv.get(key)
    await vi.advanceTimersByTimeAsync(60_000)
    expect((await clock.etcd.kv.get(key))?.modRevision).toBe(before?.modRevision)
    await session.close()
  })

  it('that is late has its signal aborted, and is told of as the reason', async () => {
    let reason: unknown
    const healthCheck = (signal: AbortSignal) =>
      new Promise<boolean>((_, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
          reject(signal.reason)
        })
      })
    const session = await keepRegistered(clock.registrar, web, { healthCheck })
    const errors: unknown[] = []
    session.subscribe((event) => event.type === 'health' && errors.push(event.error))
    await vi.advanceTimersByTimeAsync(15_000)
    expect(reason).toMatchObject({ code: 'DEADLINE' })
    expect(errors).toEqual([reason])
    await session.close()
  })

  it('that says no keeps nobody from changing what is registered, while the lease lives', async () => {
    let healthy = false
    const session = await keepRegistered(clock.registrar, web, { healthCheck: () => healthy })
    await vi.advanceTimersByTimeAsync(12_000)
    await session.update({ ...web, weight: 5 })
    expect((await clock.etcd.kv.get(key))?.json()).toMatchObject({ weight: 5 })
    await vi.advanceTimersByTimeAsync(60_000)
    await expect(session.update({ ...web, weight: 6 })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    healthy = true
    await vi.advanceTimersByTimeAsync(15_000)
    expect((await clock.etcd.kv.get(key))?.json()).toMatchObject({ weight: 6 })
    await session.close()
  })
})
