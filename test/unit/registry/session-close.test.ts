import { getEventListeners } from 'node:events'
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

  it('refuses a time that is none, and stays open', async () => {
    await expect(start({ drainDelayMs: -1 })).rejects.toThrow(/drainDelayMs must be between 0/)
    const session = await start()
    await expect(session.close({ drainDelayMs: Number.NaN })).rejects.toThrow(/drainDelayMs/)
    for (const timeoutMs of [Number.NaN, 0, Number.POSITIVE_INFINITY]) {
      await expect(session.close({ timeoutMs })).rejects.toThrow(/timeoutMs/)
    }
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

  it('does not drain for whoever gave up before', async () => {
    const session = await start({ drainDelayMs: 60_000 })
    clock.calls.length = 0
    await expect(session.close({ signal: AbortSignal.abort(new Error('now')) })).rejects.toThrow('now')
    expect(clock.calls).toEqual([])
    expect(session.status().state).toBe('closed')
  })

  it('does not wait for a health check that hangs, and tells it', async () => {
    let asked: AbortSignal | undefined
    const healthCheck = (signal: AbortSignal) => {
      asked = signal
      return new Promise<boolean>(() => {})
    }
    const session = await start({ healthCheck, heartbeatMs: 1000, timeoutMs: 60_000 })
    const events: string[] = []
    session.subscribe((event) => events.push(event.type === 'state' ? event.state : event.type))
    await vi.advanceTimersByTimeAsync(1200)
    expect(asked?.aborted).toBe(false)
    await session.close()
    expect(asked?.aborted).toBe(true)
    expect(events).toEqual(['closed'])
    expect(clock.simulator.leases()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no listener on the caller’s signal, nor does a session that is given up', async () => {
    const { signal } = new AbortController()
    await (await start({ signal })).close()
    expect(getEventListeners(signal, 'abort')).toEqual([])
    const session = await start({ signal, maxAttempts: 1 })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    clock.simulator.down()
    const closed = expect(session.closed).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await vi.advanceTimersByTimeAsync(60_000)
    await closed
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
