import { type KeepRegisteredOptions, keepRegistered } from 'etcd-edge/registry'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SessionClock, startSessionClock } from './session-clock.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const key = '/services/web/a'

describe('closing a session', () => {
  let clock: SessionClock
  const start = (options: KeepRegisteredOptions = {}) => keepRegistered(clock.registrar, web, options)
  const stored = async () => (await clock.etcd.kv.get(key))?.json()
  beforeEach(() => {
    vi.useFakeTimers()
    clock = startSessionClock(30)
  })
  afterEach(() => {
    clock.simulator.close()
    vi.useRealTimers()
  })

  it('drains first for as long as it is told to, under a heartbeat, and deregisters then', async () => {
    const session = await start({ drainDelayMs: 60_000 })
    const closing = session.close()
    await vi.advanceTimersByTimeAsync(50)
    expect(await stored()).toMatchObject({ address: '10.0.0.7:80', status: 'draining' })
    await vi.advanceTimersByTimeAsync(59_900)
    expect(await stored()).toMatchObject({ status: 'draining' })
    await vi.advanceTimersByTimeAsync(200)
    await closing
    expect(await stored()).toBeUndefined()
    expect(clock.simulator.leases()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    const path = clock.calls.map((call) => call.path).filter((call) => call !== 'kv/range')
    expect(path.slice(0, 3)).toEqual(['lease/grant', 'kv/txn', 'kv/txn'])
    expect(path.slice(3, -1).length).toBeGreaterThanOrEqual(5)
    expect(new Set(path.slice(3, -1))).toEqual(new Set(['lease/keepalive']))
    expect(path.at(-1)).toBe('lease/revoke')
  })

  it('drains as long as this call says, and not at all with 0', async () => {
    const session = await start({ drainDelayMs: 60_000 })
    const closing = session.close({ drainDelayMs: 1000 })
    await vi.advanceTimersByTimeAsync(1100)
    await closing
    const other = await start({ drainDelayMs: 60_000 })
    clock.calls.length = 0
    await other.close({ drainDelayMs: 0 })
    expect(clock.calls.map(({ path }) => path)).toEqual(['lease/revoke'])
  })

  it('cuts the drain delay short for whoever is in a hurry', async () => {
    const session = await start({ drainDelayMs: 60_000 })
    const hurry = new AbortController()
    const closing = session.close({ signal: hurry.signal })
    closing.catch(() => {})
    await vi.advanceTimersByTimeAsync(1000)
    hurry.abort(new Error('now'))
    await vi.advanceTimersByTimeAsync(10)
    // The signal covers the call that revokes as well.
    await expect(closing).rejects.toThrow('now')
    await session.closed
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1)
  })

  it('does not drain what is not registered', async () => {
    const session = await start({ drainDelayMs: 60_000 })
    await clock.registrar.register(web, { ttlSeconds: 300 })
    await vi.advanceTimersByTimeAsync(31_000)
    expect(session.status().state).toBe('lost')
    await session.close()
    expect(await stored()).toBeDefined()
    const empty = await keepRegistered(clock.registrar, [], { drainDelayMs: 60_000 })
    await empty.close()
  })

  it('takes no further wishes', async () => {
    const session = await start({ drainDelayMs: 60_000 })
    const closing = session.close()
    await expect(session.update({ ...web, weight: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: false })
    await expect(session.setStatus('passing')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await vi.advanceTimersByTimeAsync(61_000)
    await closing
    await expect(session.update(web)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('refuses a drain delay that is none, and stays open', async () => {
    await expect(start({ drainDelayMs: -1 })).rejects.toThrow(/drainDelayMs must be from 0/)
    const session = await start()
    await expect(session.close({ drainDelayMs: Number.NaN })).rejects.toThrow(/drainDelayMs/)
    expect(session.status().state).toBe('registered')
    await session.close()
  })

  it('waits while etcd is away for what is in flight, but no longer than it is told', async () => {
    const session = await start({ heartbeatMs: 1000 })
    clock.hang()
    await vi.advanceTimersByTimeAsync(1200)
    const closing = session.close({ timeoutMs: 200 })
    closing.catch(() => {})
    await vi.advanceTimersByTimeAsync(450)
    await expect(closing).rejects.toMatchObject({ code: 'DEADLINE' })
    await session.closed
    expect(session.status().state).toBe('closed')
  })
})
