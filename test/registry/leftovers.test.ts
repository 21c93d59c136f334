import { setTimeout as wait } from 'node:timers/promises'
import { createEtcdClient, type FetchLike } from 'etcd-edge/http-client'
import { createRegistrar, keepRegistered } from 'etcd-edge/registry'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { key, useSwitchedEtcd, web } from './switched-etcd.ts'

const many = Array.from({ length: 300 }, (_, index) => ({ ...web, id: `i${index}` }))

describeWithEtcd('nothing is left behind', () => {
  const etcd = useSwitchedEtcd()
  const left = async () => ({
    leases: await etcd.admin.lease.list(),
    keys: (await etcd.admin.kv.list({ prefix: '/services/' })).count,
  })
  const nothing = { leases: [], keys: 0 }
  const hangUp = () => {
    throw new TypeError('socket hang up')
  }

  it.each([
    ['its grant', 'lease/grant', 1],
    ['its second transaction', 'kv/txn', 2],
  ])('when %s for 300 instances is carried out and its answer lost', async (_, call, time) => {
    let times = 0
    etcd.line.on((path, phase) => {
      if (path === call && phase === 'answered' && ++times === time) hangUp()
    })
    await expect(keepRegistered(etcd.registrar(), many)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await left()).toEqual(nothing)
  })

  it('when one of 300 keys belongs to somebody else and onConflict is "fail"', async () => {
    const owner = await createRegistrar(etcd.admin).register({ ...web, id: 'i250' })
    const starting = keepRegistered(etcd.registrar(), many, { onConflict: 'fail' })
    await expect(starting).rejects.toMatchObject({ code: 'INSTANCE_CONFLICT', key: '/services/web/i250' })
    expect(await left()).toEqual({ leases: [owner.leaseId], keys: 1 })
  })

  it('when a start is aborted', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    etcd.line.on((path, phase) => {
      if (path === 'kv/txn' && phase === 'answered') controller.abort(reason)
    })
    await expect(keepRegistered(etcd.registrar(), many, { signal: controller.signal })).rejects.toBe(reason)
    expect(await left()).toEqual(nothing)
    await expect(keepRegistered(etcd.registrar(), many, { signal: controller.signal })).rejects.toBe(reason)
  })

  it.each(['lease/grant', 'kv/txn'])(
    'when a session registers again and the answer to %s is lost: one lease in the end',
    async (call) => {
      const session = await etcd.session({ heartbeatMs: 100, onConflict: 'fail' })
      let lost = 0
      etcd.line.on((path, phase) => {
        if (path === call && phase === 'answered' && lost++ < 2) hangUp()
      })
      await etcd.admin.lease.revoke(session.status().leaseId)
      await eventually(() => expect(lost).toBeGreaterThanOrEqual(2))
      await eventually(() => expect(session.status().state).toBe('registered'))
      expect(await left()).toEqual({ leases: [session.status().leaseId], keys: 1 })
      expect((await etcd.admin.kv.get(key))?.leaseId).toBe(session.status().leaseId)
    },
  )

  it('by a late answer: what closes waits for the write in flight, and only then revokes', async () => {
    const session = await etcd.session({ heartbeatMs: 100 })
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let reached = false
    etcd.line.on(async (path, phase) => {
      if (path !== 'kv/txn' || phase !== 'answered') return
      reached = true
      await held
    })
    await etcd.admin.lease.revoke(session.status().leaseId)
    await eventually(() => expect(reached).toBe(true))
    expect(await etcd.admin.kv.get(key)).toBeDefined()
    const order: string[] = []
    const closing = session.close().then(() => order.push('closed'))
    await wait(200)
    expect(etcd.line.calls.at(-1)).toBe('kv/txn')
    order.push('answered')
    release()
    await closing
    expect(order).toEqual(['answered', 'closed'])
    expect(etcd.line.calls.at(-1)).toBe('lease/revoke')
    expect(await left()).toEqual(nothing)
    etcd.line.calls.length = 0
    await wait(500)
    expect(etcd.line.calls).toEqual([])
    expect(session.status().state).toBe('closed')
  })

  it('by a request that etcd carries out after the goodbye: it puts nothing', async () => {
    let arrive: (() => void) | undefined
    let arrived: Promise<Response> | undefined
    const slow: FetchLike = (url, { signal, ...init }) => {
      if (!url.endsWith('/kv/txn')) return fetch(url, { ...init, signal })
      // Whoever waits may give up; the request is on its way all the same.
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        arrive = () => {
          arrived = fetch(url, init)
        }
      })
    }
    const previous = await createRegistrar(etcd.admin, { ttlSeconds: 5 }).register(web)
    const registrar = createRegistrar(createEtcdClient({ endpoints: [etcd.server.url], fetch: slow }), {
      ttlSeconds: 5,
    })
    const session = await keepRegistered(registrar, web, { previous })
    const updating = expect(session.update({ ...web, weight: 5 })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await eventually(() => expect(arrive).toBeDefined())
    await session.close({ timeoutMs: 300 })
    await updating
    arrive?.()
    expect((await arrived)?.ok).toBe(true)
    expect(await left()).toEqual(nothing)
    expect(session.status().state).toBe('closed')
  })

  it('and a goodbye settles in its time when etcd does not answer, how often it may be said', async () => {
    await using proxy = await startTcpProxy(etcd.server.url)
    const registrar = createRegistrar(createEtcdClient({ endpoints: [proxy.url] }), { ttlSeconds: 2 })
    const session = await keepRegistered(registrar, web)
    proxy.setFault({ kind: 'stall' })
    const started = performance.now()
    const goodbyes = await Promise.allSettled([session.close({ timeoutMs: 300 }), session.close(), session.close()])
    expect(performance.now() - started).toBeLessThan(5000)
    expect(goodbyes.map((each) => each.status === 'rejected' && each.reason.code)).toEqual(Array(3).fill('DEADLINE'))
    await session.closed
    expect(session.status().state).toBe('closed')
    // The TTL does what could not be said.
    await eventually(async () => expect(await left()).toEqual(nothing))
  })
})
