import type { RegisterOptions, Registration } from 'etcd-edge/registry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SessionClock, startSessionClock } from './session-clock.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const noRegistrations: readonly unknown[] = [
  null,
  5,
  {},
  { key: '/services/web/a', leaseId: '7' },
  { key: 1, leaseId: '7', instance: web },
]
const wrong: readonly (readonly [options: object, complaint: RegExp])[] = [
  [{ onConflict: 'Fail' }, /^onConflict must be "takeover" or "fail"$/],
  [{ timeoutMs: Number.NaN }, /^timeoutMs must be between/],
  [{ timeoutMs: Number.POSITIVE_INFINITY }, /^timeoutMs/],
  [{ ttlSeconds: Number.POSITIVE_INFINITY }, /^ttlSeconds/],
  ...noRegistrations.map((previous) => [{ previous }, /^previous must be a Registration/] as const),
]

describe('a registrar', () => {
  let clock: SessionClock
  beforeEach(() => {
    clock = startSessionClock(30)
  })
  afterEach(() => clock.simulator.close())

  it.each(wrong)('refuses to register with %j before any call', async (options, complaint) => {
    await expect(clock.registrar.register(web, options as RegisterOptions)).rejects.toThrow(complaint)
    expect(clock.calls).toEqual([])
  })

  it.each(noRegistrations)('refuses to renew, look at or end what is no registration: %j', async (broken) => {
    const { registrar, calls } = clock
    const registration = broken as Registration
    const complaint = /^registration must be a Registration/
    await expect(registrar.renew(registration)).rejects.toThrow(complaint)
    await expect(registrar.verify(registration)).rejects.toThrow(complaint)
    await expect(registrar.deregister(registration)).rejects.toThrow(complaint)
    expect(calls).toEqual([])
  })

  it('takes what storage has made of a registration, whatever it has lost of its times', async () => {
    const { renewedAt, lookedAt, ...previous } = await clock.registrar.register(web)
    clock.calls.length = 0
    const renewed = await clock.registrar.register(web, { previous: previous as Registration })
    expect(clock.calls.map(({ path }) => path)).toEqual(['lease/keepalive', 'kv/range'])
    expect(renewed.renewedAt).toBeGreaterThanOrEqual(renewedAt)
    expect(renewed.lookedAt).toBeGreaterThanOrEqual(lookedAt ?? 0)
  })
})
