import { kitex } from 'etcd-edge/instance'
import { createRegistrar, keepRegistered, type SessionOptions } from 'etcd-edge/registry'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SessionClock, startSessionClock } from './session-clock.ts'

const here = { service: 'order', address: '10.0.0.1:8888' }
const there = { service: 'order', address: '10.0.0.2:8888' }

describe('a session whose address is its key, and is another one from now on', () => {
  let clock: SessionClock
  const start = (options: SessionOptions = {}) =>
    keepRegistered(createRegistrar(clock.etcd, { format: kitex() }), here, options)
  const stored = async () => (await clock.etcd.kv.list({ prefix: kitex().root })).kvs
  const addresses = async () => (await stored()).map(({ key }) => key.split('/').at(-1))
  beforeEach(() => {
    vi.useFakeTimers()
    clock = startSessionClock(60)
  })
  afterEach(() => {
    clock.simulator.close()
    vi.useRealTimers()
  })

  it('stays where it was while etcd refuses the move, and goes on trying', async () => {
    const session = await start()
    clock.simulator.failNext('kv/txn', { grpcCode: 7, message: 'etcdserver: permission denied' })
    await expect(session.update(there)).rejects.toMatchObject({ code: 'AUTH' })
    expect(await addresses()).toEqual([here.address])
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await addresses()).toEqual([there.address])
    expect(session.status()).toMatchObject({ state: 'registered', registration: { instance: there } })
    await session.close()
    expect(await stored()).toEqual([])
  })

  it('with onConflict "fail" is given up, and says so, when the new key is somebody else’s', async () => {
    const owner = await createRegistrar(clock.etcd, { format: kitex() }).register(there)
    const session = await start({ onConflict: 'fail' })
    const closed = expect(session.closed).rejects.toMatchObject({ code: 'INSTANCE_CONFLICT', leaseId: owner.leaseId })
    await expect(session.update(there)).rejects.toMatchObject({ code: 'INSTANCE_CONFLICT' })
    await closed
    expect(session.status().state).toBe('failed')
    expect((await stored()).map(({ leaseId }) => leaseId)).toEqual([owner.leaseId])
    expect(clock.simulator.leases()).toHaveLength(1)
  })

  it('and draining at once is in neither place, and in the new one when it is passing', async () => {
    const session = await start()
    await session.update({ ...there, status: 'draining' })
    expect(await stored()).toEqual([])
    await session.setStatus('passing')
    expect(await addresses()).toEqual([there.address])
    await session.close()
  })
})
