import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { expect, test } from 'vitest'
import { list, post } from './gateway-calls.ts'

interface LockAnswer {
  readonly key: string
  readonly code?: number
}

const name = btoa('the-lock')

async function lock(simulator: EtcdSimulator, lease: string, init: RequestInit = {}) {
  const body = JSON.stringify({ name, lease })
  const response = await simulator.fetch('http://etcd/v3/lock/lock', { method: 'POST', body, ...init })
  return { status: response.status, json: (await response.json()) as LockAnswer }
}

async function withLeases(...ids: string[]): Promise<EtcdSimulator> {
  const simulator = createEtcdSimulator()
  for (const ID of ids) await post(simulator, '/v3/lease/grant', { ID, TTL: 60 })
  return simulator
}

test('the key of a lock is its name and the lease in hex', async () => {
  await using simulator = await withLeases('255')
  expect(atob((await lock(simulator, '255')).json.key)).toBe('the-lock/ff')
  expect(atob((await lock(simulator, '255')).json.key)).toBe('the-lock/ff')
})

test('a second holder waits until the first one unlocks, a third until the second one’s lease is gone', async () => {
  await using simulator = await withLeases('1', '2', '3')
  const { json: first } = await lock(simulator, '1')
  const order: string[] = []
  const second = lock(simulator, '2').then(() => order.push('second'))
  const third = lock(simulator, '3').then(() => order.push('third'))
  await post(simulator, '/v3/kv/put', { key: btoa('unrelated') })
  expect(order).toEqual([])
  await post(simulator, '/v3/lock/unlock', { key: first.key })
  await second
  expect(order).toEqual(['second'])
  await post(simulator, '/v3/lease/revoke', { ID: '2' })
  await third
  expect(order).toEqual(['second', 'third'])
})

test('a call that is given up or runs out of time leaves the queue', async () => {
  await using simulator = await withLeases('1', '2')
  await lock(simulator, '1')
  const giveUp = new AbortController()
  const abandoned = lock(simulator, '2', { signal: giveUp.signal })
  setTimeout(() => giveUp.abort(new Error('never mind')), 5)
  await expect(abandoned).rejects.toThrow('never mind')
  expect(await list(simulator, 'the-lock/', 'the-lock0')).toHaveLength(1)

  expect(await lock(simulator, '2', { headers: { 'Grpc-Timeout': '10m' } })).toMatchObject({ status: 504 })
  expect(await list(simulator, 'the-lock/', 'the-lock0')).toHaveLength(1)
})

test('a lease that expires while its owner waits ends the wait with an error', async () => {
  await using simulator = await withLeases('1', '2')
  const { json: first } = await lock(simulator, '1')
  const waiting = lock(simulator, '2')
  await post(simulator, '/v3/lease/timetolive', { ID: '2' })
  await post(simulator, '/v3/lease/revoke', { ID: '2' })
  await post(simulator, '/v3/lock/unlock', { key: first.key })
  expect(await waiting).toMatchObject({ status: 500, json: { code: 2, message: 'mutex: session is expired' } })
})

test('without a lease the lock gets one of a minute', async () => {
  await using simulator = createEtcdSimulator()
  await lock(simulator, '0')
  const [ID = ''] = simulator.leases()
  expect((await post(simulator, '/v3/lease/timetolive', { ID })).json).toMatchObject({ grantedTTL: '60' })
})
