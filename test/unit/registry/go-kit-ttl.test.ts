import { goKitTtl, keepRegistered } from 'etcd-edge/registry'
import { describe, expect, it } from 'vitest'
import { startSessionClock } from './session-clock.ts'

describe('go-kit’s TTL option', () => {
  it.each([
    [3000, 10_000, { heartbeatMs: 3000, ttlSeconds: 10 }],
    // The heartbeat is at least 500 ms.
    [500, 10_000, { heartbeatMs: 500, ttlSeconds: 10 }],
    [499, 10_000, { heartbeatMs: 500, ttlSeconds: 10 }],
    [0, 10_000, { heartbeatMs: 500, ttlSeconds: 10 }],
    [-1, 10_000, { heartbeatMs: 500, ttlSeconds: 10 }],
    // A TTL no longer than the heartbeat becomes three of them.
    [3000, 3000, { heartbeatMs: 3000, ttlSeconds: 9 }],
    [3000, 0, { heartbeatMs: 3000, ttlSeconds: 9 }],
    [3000, 3001, { heartbeatMs: 3000, ttlSeconds: 4 }],
    // Parts of a second are rounded up, where go-kit cuts them off.
    [0, 0, { heartbeatMs: 500, ttlSeconds: 2 }],
    [1000, 2500, { heartbeatMs: 1000, ttlSeconds: 3 }],
  ])('makes of %d and %d ms what go-kit makes of them', (heartbeatMs, ttlMs, expected) => {
    expect(goKitTtl(heartbeatMs, ttlMs)).toEqual(expected)
  })

  it.each([
    [Number.NaN, 10_000, 'heartbeatMs'],
    [3000, Number.POSITIVE_INFINITY, 'ttlMs'],
  ])('refuses %d and %d', (heartbeatMs, ttlMs, name) => {
    expect(() => goKitTtl(heartbeatMs, ttlMs)).toThrow(new RegExp(`^${name} must be a number of milliseconds`))
  })

  it('is options that keepRegistered takes', async () => {
    const clock = startSessionClock(60)
    const session = await keepRegistered(
      clock.registrar,
      { service: 'web', address: '10.0.0.7:80' },
      goKitTtl(3000, 10_000),
    )
    expect(session.status().registration).toMatchObject({ askedTtlSeconds: 10, ttlSeconds: 10 })
    await session.close()
    clock.simulator.close()
  })
})
