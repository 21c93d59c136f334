import { type KeepRegisteredOptions, keepRegistered } from 'etcd-edge/registry'
import { describe, expect, it } from 'vitest'
import { startSessionClock } from './session-clock.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const wrong: readonly (readonly [options: object, complaint: RegExp])[] = [
  [{ ttlSeconds: 0 }, /^ttlSeconds must be an integer of 1 or more, got 0$/],
  [{ ttlSeconds: 1.5 }, /^ttlSeconds/],
  [{ heartbeatMs: 15_001 }, /^heartbeatMs must be from 1 to 15000, so that two beats fit into the TTL, got 15001$/],
  [{ maxAttempts: -1 }, /^maxAttempts must be an integer of 0 or more, got -1$/],
  [{ maxAttempts: 1.5 }, /^maxAttempts/],
  [{ observeDelayMs: 0 }, /^observeDelayMs must be between 1 and 2147483647 milliseconds, got 0$/],
  [{ retryDelayMs: Number.NaN }, /^retryDelayMs/],
  [{ retryDelayMs: 2 ** 31 }, /^retryDelayMs/],
  [{ drainDelayMs: -1 }, /^drainDelayMs must be between 0/],
  [{ timeoutMs: 0 }, /^timeoutMs must be between 1/],
  [{ timeoutMs: Number.POSITIVE_INFINITY }, /^timeoutMs/],
  [{ onConflict: 'wait' }, /^onConflict must be "takeover" or "fail"$/],
  [{ healthCheck: true }, /^healthCheck must be a function$/],
]

describe('the options of keepRegistered', () => {
  it.each(wrong)('refuse %j before any call, for one instance and for several', async (options, complaint) => {
    const { registrar, calls, simulator } = startSessionClock(30)
    await expect(keepRegistered(registrar, web, options as KeepRegisteredOptions)).rejects.toThrow(complaint)
    await expect(keepRegistered(registrar, [web], options as KeepRegisteredOptions)).rejects.toThrow(complaint)
    expect(calls).toEqual([])
    simulator.close()
  })

  it('refuse a signal that is aborted already, also where there is nothing to send, and end nothing', async () => {
    const { registrar, calls, simulator } = startSessionClock(30)
    const previous = await registrar.register(web)
    calls.length = 0
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    await expect(keepRegistered(registrar, web, { previous, signal })).rejects.toBe(reason)
    await expect(keepRegistered(registrar, [], { signal })).rejects.toBe(reason)
    expect(calls).toEqual([])
    expect(simulator.leases()).toHaveLength(1)
    simulator.close()
  })

  it('refuse a previous registration for several instances', async () => {
    const { registrar, simulator } = startSessionClock(30)
    const previous = await registrar.register(web)
    const options: KeepRegisteredOptions = { previous }
    await expect(keepRegistered(registrar, [web], options)).rejects.toThrow(/^previous is for one instance/)
    simulator.close()
  })
})
