import { keepRegistered } from 'etcd-edge/registry'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SessionClock, startSessionClock } from './session-clock.ts'

const [a, b] = ['a', 'b'].map((id) => ({ service: 'web', id, address: '10.0.0.7:80' })) as [Instance, Instance]
interface Instance {
  readonly service: string
  readonly id: string
  readonly address: string
}

describe('a group of registrations', () => {
  let clock: SessionClock
  const keys = async () => (await clock.etcd.kv.list({ prefix: '/services/' })).kvs.map(({ key }) => key)
  beforeEach(() => {
    vi.useFakeTimers()
    clock = startSessionClock(30)
  })
  afterEach(() => {
    clock.simulator.close()
    vi.useRealTimers()
  })

  it('looks at 1,000 keys in 8 requests that carry no values', async () => {
    const instances = Array.from({ length: 1000 }, (_, index) => ({ ...a, id: `i${index}` }))
    const group = await keepRegistered(clock.registrar, instances, { heartbeatMs: 15_000, observeDelayMs: 10_000 })
    clock.calls.length = 0
    await vi.advanceTimersByTimeAsync(10_100)
    expect(clock.calls.map(({ path }) => path)).toEqual(Array(8).fill('kv/txn'))
    await clock.etcd.kv.delete('/services/web/i500')
    clock.calls.length = 0
    await vi.advanceTimersByTimeAsync(10_100)
    expect(await clock.etcd.kv.get('/services/web/i500')).toMatchObject({ leaseId: group.status().leaseId })
    // Eight looks, and one write.
    expect(clock.at('kv/txn')).toHaveLength(9)
    expect(group.status()).toMatchObject({ state: 'registered', missing: [] })
    await group.close()
  })

  it('does not go on asking for what etcd refuses, so that what comes after it is written', async () => {
    const group = await keepRegistered(clock.registrar, [a])
    clock.simulator.failNext('kv/txn', { grpcCode: 7, message: 'etcdserver: permission denied' })
    await expect(group.add(b)).rejects.toMatchObject({ code: 'AUTH' })
    expect(group.status()).toMatchObject({ missing: [], registrations: [{ key: '/services/web/a' }] })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await keys()).toEqual(['/services/web/a'])
    expect(group.status().state).toBe('registered')
    await expect(group.add(b)).resolves.toHaveLength(1)
    await group.close()
  })

  it('splits what is too much for one request', async () => {
    const big = Array.from({ length: 5 }, (_, index) => ({
      ...a,
      id: `i${index}`,
      tags: { text: 'x'.repeat(400_000) },
    }))
    const group = await keepRegistered(clock.registrar, big)
    expect(clock.at('kv/txn')).toHaveLength(3)
    expect(await keys()).toHaveLength(5)
    await group.close()
  })

  it('tells of an update only what etcd has, while another one is under way', async () => {
    const group = await keepRegistered(clock.registrar, [a])
    const address = () => group.status().registrations[0]?.instance.address
    const seen: unknown[] = []
    let second: Promise<unknown> | undefined
    clock.onCall = (path) => {
      if (path !== 'kv/txn') return
      seen.push(address())
      second ??= group.update({ ...a, address: '10.0.0.7:82' })
    }
    await group.update({ ...a, address: '10.0.0.7:81' })
    await second
    expect(seen).toEqual(['10.0.0.7:80', '10.0.0.7:81'])
    expect(address()).toBe('10.0.0.7:82')
    await group.close()
  })

  it('disposed at the end of a block leaves neither keys nor lease nor timers', async () => {
    {
      await using group = await keepRegistered(clock.registrar, [a, b])
      expect(group.status().registrations).toHaveLength(2)
    }
    expect(await keys()).toEqual([])
    expect(clock.simulator.leases()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})
