import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient } from '../../../src/http-client/index.ts'
import { createInstancer, fixedInstancer, type Instancer, type ServiceSnapshot } from '../../../src/resolver/index.ts'
import { createSnapshotIterator } from '../../../src/resolver/snapshot-iterator.ts'
import type { InstancerListener } from '../../../src/resolver/subscribers.ts'
import { createEtcdSimulator, type EtcdSimulator } from '../../../src/testing/index.ts'
import { eventually } from '../../support/eventually.ts'

const over = { done: true, value: undefined }
const ids = ({ instances }: ServiceSnapshot) => instances.map(({ id }) => id)

describe('an iteration over an instancer', () => {
  let simulator: EtcdSimulator
  let etcd: EtcdClient
  let instancer: Instancer
  const put = async (id: string) => (await etcd.kv.put(`/services/web/${id}`, '{"address":"a:1"}')).revision
  const applied = (revision: number) => eventually(() => expect(instancer.snapshot().revision).toBe(revision))
  const next = async (iterator: AsyncIterator<ServiceSnapshot>) => ids((await iterator.next()).value)
  const iterate = () => instancer[Symbol.asyncIterator]()
  beforeEach(() => {
    simulator = createEtcdSimulator()
    etcd = createEtcdClient({ endpoints: ['http://etcd.test'], fetch: simulator.fetch })
    instancer = createInstancer(etcd, 'web')
  })
  afterEach(async () => {
    await instancer.close()
    simulator.close()
  })

  it('gives the set when it has been listed, and again after each change', async () => {
    await put('a')
    const seen: string[][] = []
    for await (const snapshot of instancer) {
      seen.push(ids(snapshot))
      if (seen.length === 3) break
      await put(`b${seen.length}`)
    }
    expect(seen).toEqual([['a'], ['a', 'b1'], ['a', 'b1', 'b2']])
  })

  it('gives the current set at once, frozen as it is given to all', async () => {
    await instancer.ready()
    const { value } = await iterate().next()
    expect(value).toBe(instancer.snapshot())
    expect(Object.isFrozen(value)).toBe(true)
  })

  it('gives a slow reader only the newest set', async () => {
    const iterator = iterate()
    expect(await next(iterator)).toEqual([])
    await put('a')
    await put('b')
    await applied(await put('c'))
    expect(await next(iterator)).toEqual(['a', 'b', 'c'])
    const late = iterator.next()
    await put('d')
    expect(ids((await late).value)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is not ended by errors: the stale set is given once, and the set again when etcd is back', async () => {
    const iterator = iterate()
    await put('a')
    await next(iterator)
    const stale = iterator.next()
    simulator.down()
    expect((await stale).value).toMatchObject({ stale: true, instances: [{ id: 'a' }] })
    let failures = 0
    instancer.subscribe(({ type }) => {
      if (type === 'error') failures += 1
    })
    const back = iterator.next()
    await eventually(() => expect(failures).toBeGreaterThan(2))
    simulator.up()
    expect((await back).value).toMatchObject({ stale: false, instances: [{ id: 'a' }] })
  })

  it('waits while etcd has never answered', async () => {
    simulator.down()
    const first = iterate().next()
    await expect(instancer.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    simulator.up()
    expect((await first).value).toMatchObject({ instances: [], stale: false })
  })

  it('is independent of another one', async () => {
    const [one, other] = [iterate(), iterate()]
    await next(one)
    await applied(await put('a'))
    expect(await next(one)).toEqual(['a'])
    await one.return?.()
    expect(await next(other)).toEqual(['a'])
    expect(await one.next()).toEqual(over)
  })

  it('ends when the instancer is closed, also for a reader that waits; a later one ends at once', async () => {
    const iterator = iterate()
    await next(iterator)
    const waiting = iterator.next()
    await instancer.close()
    expect(await waiting).toEqual(over)
    expect(await iterator.next()).toEqual(over)
    expect(await iterate().next()).toEqual(over)
  })

  it('sends nothing before it is read', async () => {
    let calls = 0
    const counted = createEtcdClient({
      endpoints: ['http://etcd.test'],
      fetch(url, init) {
        calls += 1
        return simulator.fetch(url, init)
      },
    })
    await using unread = createInstancer(counted, 'web')
    const iterator = unread[Symbol.asyncIterator]()
    await put('a')
    expect(calls).toBe(0)
    await iterator.next()
    expect(calls).toBeGreaterThan(0)
  })

  it('over a fixed set gives it once and waits until it is closed', async () => {
    const fixed = fixedInstancer(['a:1'])
    const iterator = fixed[Symbol.asyncIterator]()
    expect(await next(iterator)).toEqual(['a:1'])
    const waiting = iterator.next()
    await fixed.close()
    expect(await waiting).toEqual(over)
    for await (const _ of fixed) expect.unreachable('it is closed')
  })
})

describe('what an iteration leaves behind', () => {
  const closed = new AbortController()
  const listeners = new Set<InstancerListener>()
  const subscribe = (listener: InstancerListener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const iterate = (signal = closed.signal) =>
    createSnapshotIterator({ subscribe, current: () => undefined, closed: signal })
  const left = () => listeners.size + getEventListeners(closed.signal, 'abort').length

  it('is nothing, however it is left, and whoever waits then is told that it is over', async () => {
    const iterator = iterate()
    expect(left()).toBe(0)
    const waiting = [iterator.next(), iterator.next()]
    expect(left()).toBe(2)
    await iterator.return?.()
    expect(await Promise.all(waiting)).toEqual([over, over])
    expect(left()).toBe(0)
    await iterate().return?.()
    expect(left()).toBe(0)
    expect(await iterate(AbortSignal.abort()).next()).toEqual(over)
    expect(left()).toBe(0)
  })
})
