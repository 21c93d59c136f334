import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LeaseNotFoundError, UnavailableError } from '../../../src/errors.ts'
import { native } from '../../../src/instance/index.ts'
import { keepRegistered, type Registrar, type Registration } from '../../../src/registry/index.ts'

const ttlSeconds = 60
const registration: Registration = {
  key: '/services/web/a',
  leaseId: '7',
  ttlSeconds,
  askedTtlSeconds: ttlSeconds,
  renewedAt: 0,
  revision: 5,
  instance: { id: 'a', service: 'web', address: '10.0.0.7:80', weight: 100, tags: {} },
}

/** A registrar that notes when it is called, and whose renewals can be made to fail. */
function fakeRegistrar() {
  const calls: { readonly name: string; readonly at: number }[] = []
  const note = (name: string) => calls.push({ name, at: performance.now() })
  let trouble: Error | undefined
  const answer = async (name: string) => {
    note(name)
    if (trouble !== undefined) throw trouble
    return registration
  }
  const registrar: Registrar = {
    format: native(),
    ttlSeconds,
    register: () => answer('register'),
    renew: () => answer('renew'),
    verify: () => answer('verify'),
    find: async () => undefined,
    deregister: async () => void note('deregister'),
  }
  const fail = (error: Error | undefined) => {
    trouble = error
  }
  return { registrar, calls, fail }
}

const gaps = (calls: readonly { readonly at: number }[]) =>
  calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0))

describe('the loop of a session', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('beats every third of the TTL, give or take a tenth', async () => {
    const { registrar, calls } = fakeRegistrar()
    const session = await keepRegistered(registrar, { service: 'web', address: '10.0.0.7:80' })
    await vi.advanceTimersByTimeAsync(300_000)
    const beats = calls.filter(({ name }) => name === 'renew')
    for (const gap of gaps(beats)) expect(Math.abs(gap - 20_000)).toBeLessThanOrEqual(2000)
    expect(new Set(gaps(beats)).size).toBeGreaterThan(1)
    await session.close()
  })

  it('looks at its key at least every 30 s when the TTL is longer', async () => {
    const { registrar, calls } = fakeRegistrar()
    const session = await keepRegistered(registrar, { service: 'web', address: '10.0.0.7:80' })
    await vi.advanceTimersByTimeAsync(300_000)
    const looks = calls.filter(({ name }) => name === 'verify')
    expect(looks.length).toBeGreaterThan(9)
    for (const gap of gaps(looks)) expect(gap).toBeLessThanOrEqual(30_000)
    await session.close()
  })

  it('tries again at most 2 s after a failure, however long the outage and the TTL are, and never gives up', async () => {
    const { registrar, calls, fail } = fakeRegistrar()
    const session = await keepRegistered(registrar, { service: 'web', address: '10.0.0.7:80' })
    await vi.advanceTimersByTimeAsync(25_000)
    fail(new UnavailableError('away'))
    await vi.advanceTimersByTimeAsync(3_600_000)
    const attempts = calls.filter(({ name, at }) => name === 'renew' && at > (calls[1]?.at ?? 0) + 20_000)
    expect(attempts.length).toBeGreaterThan(1500)
    for (const gap of gaps(attempts.slice(1))) expect(gap).toBeLessThanOrEqual(2000)
    expect(session.status().state).toBe('lost')
    fail(undefined)
    await vi.advanceTimersByTimeAsync(2000)
    expect(session.status()).toMatchObject({ state: 'registered', attempts: 0, lastError: undefined })
    expect(calls.filter(({ name }) => name === 'register')).toHaveLength(1)
    await session.close()
  })

  it('stays registered while the TTL has not passed since the last beat, and is lost when it has', async () => {
    const { registrar, fail } = fakeRegistrar()
    const session = await keepRegistered(registrar, { service: 'web', address: '10.0.0.7:80' })
    fail(new UnavailableError('away'))
    await vi.advanceTimersByTimeAsync(59_000)
    expect(session.status()).toMatchObject({ state: 'registered', lastError: { code: 'UNAVAILABLE' } })
    await vi.advanceTimersByTimeAsync(4000)
    expect(session.status().state).toBe('lost')
    await session.close()
  })

  it('takes a lease that is gone for gone at once, and registers in the same moment', async () => {
    const { registrar, calls, fail } = fakeRegistrar()
    const session = await keepRegistered(registrar, { service: 'web', address: '10.0.0.7:80' })
    const states: string[] = []
    session.subscribe((event) => {
      if (event.type !== 'state') return
      states.push(event.state)
      if (event.state === 'lost') fail(undefined)
    })
    fail(new LeaseNotFoundError('gone'))
    await vi.advanceTimersByTimeAsync(23_000)
    expect(states).toEqual(['lost', 'registering', 'registered'])
    const [renew, register] = calls.slice(-2)
    expect([renew?.name, register?.name, register?.at]).toEqual(['renew', 'register', renew?.at])
    await session.close()
  })

  it('leaves no timer behind when it is closed', async () => {
    const { registrar, calls } = fakeRegistrar()
    const session = await keepRegistered(registrar, { service: 'web', address: '10.0.0.7:80' })
    await session.close()
    expect(vi.getTimerCount()).toBe(0)
    expect(calls.at(-1)?.name).toBe('deregister')
  })
})
