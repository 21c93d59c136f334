import { setTimeout as wait } from 'node:timers/promises'
import { createEtcdClient } from 'etcd-edge/http-client'
import { createRegistrar, keepRegistered } from 'etcd-edge/registry'
import { afterEach, expect, it, vi } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { key, useSwitchedEtcd, web } from './switched-etcd.ts'
import { toldStates } from './told-states.ts'

const ttlMs = 2000

describeWithEtcd('an outage', () => {
  const etcd = useSwitchedEtcd()
  const untilGone = () => eventually(async () => expect(await etcd.admin.kv.get(key)).toBeUndefined())
  afterEach(() => {
    vi.useRealTimers()
  })

  it('of three TTLs: the instance is gone meanwhile, and back afterwards, for good, by one grant and one put', async () => {
    const session = await etcd.session()
    const states = toldStates(session)
    etcd.line.down()
    await untilGone()
    await wait(ttlMs * 2)
    expect(session.status()).toMatchObject({ state: 'lost', lastError: { code: 'UNAVAILABLE' } })
    etcd.line.calls.length = 0
    etcd.line.up()
    await eventually(() => expect(session.status().state).toBe('registered'))
    expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn'])
    expect(states).toEqual(['lost', 'registering', 'registered'])
    const { modRevision } = (await etcd.admin.kv.get(key)) ?? {}
    await wait(ttlMs * 2)
    expect((await etcd.admin.kv.get(key))?.modRevision).toBe(modRevision)
    expect(await etcd.admin.lease.list()).toEqual([session.status().leaseId])
  })

  it('in which nothing answers and no connection breaks is noticed when the TTL has passed, and got over', async () => {
    await using proxy = await startTcpProxy(etcd.server.url)
    const registrar = createRegistrar(createEtcdClient({ endpoints: [proxy.url] }), { ttlSeconds: 2 })
    const session = etcd.keep(await keepRegistered(registrar, web))
    const states = toldStates(session)
    proxy.setFault({ kind: 'stall' })
    await eventually(() => expect(session.status().state).toBe('lost'))
    expect(session.status().lastError).toMatchObject({ code: 'DEADLINE' })
    await untilGone()
    await proxy.restore()
    await eventually(() => expect(states).toEqual(['lost', 'registering', 'registered']))
    expect(await etcd.admin.lease.list()).toEqual([session.status().leaseId])
  })

  it('tells each attempt that fails, and of the state before it tells anybody', async () => {
    const session = await etcd.session()
    const told: string[] = []
    session.subscribe((event) => {
      const { state, attempts, lastError } = event.status
      expect(session.status()).toMatchObject({ state, attempts })
      told.push(`${event.type} ${state} ${attempts} ${(lastError as { code?: string } | undefined)?.code}`)
    })
    etcd.line.down()
    await eventually(() => expect(session.status().state).toBe('lost'))
    etcd.line.up()
    await eventually(() => expect(session.status().state).toBe('registered'))
    expect(told[0]).toBe('error registered 1 UNAVAILABLE')
    expect(told.filter((line) => line.startsWith('state lost'))).toHaveLength(1)
    expect(told.at(-1)).toBe('state registered 0 undefined')
  })

  it('that outlasts maxAttempts ends in a state that can be seen, and in no other way', async () => {
    const session = await etcd.session({ maxAttempts: 3, retryDelayMs: 50 })
    const states = toldStates(session)
    etcd.line.down()
    await expect(session.closed).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(states.at(-1)).toBe('failed')
    expect(session.status()).toMatchObject({ state: 'failed', attempts: 3, lastError: { code: 'UNAVAILABLE' } })
    etcd.line.calls.length = 0
    etcd.line.up()
    await wait(500)
    expect(etcd.line.calls).toEqual([])
    await expect(session.update(web)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await session.close()
  })

  it('does not make an update forgotten: it rejects, and what it says is there when etcd is', async () => {
    const session = await etcd.session()
    etcd.line.down()
    await expect(session.update({ ...web, weight: 5 })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(session.status().registration.instance.weight).toBe(100)
    etcd.line.up()
    await eventually(async () => expect((await etcd.admin.kv.get(key))?.json()).toMatchObject({ weight: 5 }))
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(session.status().leaseId)
    await eventually(() => expect(session.status().registration.instance.weight).toBe(5))
  })

  it('in which an instance is added: it is missing, and there when etcd is', async () => {
    const group = await etcd.group([web])
    etcd.line.down()
    const other = { service: 'web', id: 'b', address: '10.0.0.8:80' }
    await expect(group.add(other)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(group.status()).toMatchObject({ missing: [{ instance: { id: 'b' } }], registrations: [{ key }] })
    etcd.line.up()
    await eventually(() => expect(group.status().missing).toEqual([]))
    expect(await etcd.admin.kv.get('/services/web/b')).toBeDefined()
  })

  it.each([
    ['forward by an hour', 3_600_000],
    ['back by an hour', -3_600_000],
  ])('is not what a clock that jumps %s is taken for', async (_, jumpMs) => {
    const session = await etcd.session()
    const before = await etcd.admin.kv.get(key)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jumpMs })
    const states = toldStates(session)
    await wait(ttlMs * 2)
    expect(states).toEqual([])
    const after = await etcd.admin.kv.get(key)
    expect([after?.modRevision, after?.leaseId]).toEqual([before?.modRevision, before?.leaseId])
  })
})
