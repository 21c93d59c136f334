import { setTimeout as wait } from 'node:timers/promises'
import { createRegistrar, type RegistrationSession } from 'etcd-edge/registry'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { key, useSwitchedEtcd, web } from './switched-etcd.ts'
import { toldStates } from './told-states.ts'

const ttlMs = 2000

describeWithEtcd('a session', () => {
  const etcd = useSwitchedEtcd()

  it('keeps the instance beyond its TTL by keep-alives alone, and looks at its key once a TTL', async () => {
    const session = await etcd.session()
    const { modRevision } = (await etcd.admin.kv.get(key)) ?? {}
    etcd.line.calls.length = 0
    const count = (path: string) => etcd.line.calls.filter((call) => call === path).length
    await wait(ttlMs * 2.2)
    await eventually(() => expect([count('lease/keepalive') >= 5, count('kv/range') >= 2]).toEqual([true, true]))
    expect((await etcd.admin.kv.get(key))?.modRevision).toBe(modRevision)
    expect(etcd.line.writes()).toEqual([])
    expect(session.status()).toMatchObject({ state: 'registered', lastError: undefined, attempts: 0 })
  })

  it('beats as often as heartbeatMs says', async () => {
    await etcd.session({ heartbeatMs: 100 })
    etcd.line.calls.length = 0
    const since = performance.now()
    const beats = () => etcd.line.calls.filter((call) => call === 'lease/keepalive').length
    await eventually(() => expect(beats()).toBeGreaterThanOrEqual(8))
    // Each beat comes at most a tenth early.
    expect(performance.now() - since).toBeGreaterThan(7 * 90 - 20)
    expect(beats()).toBeLessThanOrEqual(9)
  })

  it.each([1001, 0, Number.NaN])(
    'refuses a heartbeat of %d ms, of which no two fit into the TTL',
    async (heartbeatMs) => {
      await expect(etcd.session({ heartbeatMs })).rejects.toThrow(/heartbeatMs must be from 1 to 1000/)
      expect(etcd.line.calls).toEqual([])
    },
  )

  it('comes back at once after its lease was revoked, with one new lease and one put', async () => {
    const session = await etcd.session({ heartbeatMs: 100 })
    const states = toldStates(session)
    const old = session.status().leaseId
    etcd.line.calls.length = 0
    await etcd.admin.lease.revoke(old)
    await eventually(() => expect(states).toEqual(['lost', 'registering', 'registered']))
    expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn'])
    expect(session.status().leaseId).not.toBe(old)
    expect(await etcd.admin.lease.list()).toEqual([session.status().leaseId])
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(session.status().leaseId)
  })

  it('puts a key that a third party deleted again within one TTL, under the same lease', async () => {
    const session = await etcd.session()
    const { leaseId } = session.status()
    await etcd.admin.kv.delete(key)
    await eventually(async () => expect((await etcd.admin.kv.get(key))?.leaseId).toBe(leaseId))
    expect(session.status().state).toBe('registered')
  })

  it('unreachable for two TTLs while etcd runs on: lost, then back with one new lease', async () => {
    const session = await etcd.session()
    const states = toldStates(session)
    const old = session.status().leaseId
    etcd.line.down()
    await eventually(async () => expect(await etcd.admin.kv.get(key)).toBeUndefined())
    await wait(ttlMs)
    expect(session.status()).toMatchObject({ state: 'lost', lastError: { code: 'UNAVAILABLE' } })
    etcd.line.calls.length = 0
    etcd.line.up()
    await eventually(async () => expect(await etcd.admin.kv.get(key)).toBeDefined())
    expect(etcd.line.writes()).toEqual(['lease/grant', 'kv/txn'])
    await eventually(() => expect(states.at(-1)).toBe('registered'))
    expect(await etcd.admin.lease.list()).toEqual([session.status().leaseId])
    expect(session.status().leaseId).not.toBe(old)
  })

  it('etcd killed and restarted after two TTLs: the same lease goes on and nothing is written', async () => {
    const session = await etcd.session()
    const before = await etcd.admin.kv.get(key)
    etcd.line.calls.length = 0
    await etcd.server.kill()
    await wait(ttlMs * 2)
    expect(session.status().state).toBe('lost')
    await etcd.server.restart()
    await eventually(() => expect(session.status().state).toBe('registered'))
    await wait(ttlMs * 1.5)
    const after = await etcd.admin.kv.get(key)
    expect([after?.modRevision, after?.leaseId]).toEqual([before?.modRevision, session.status().leaseId])
    expect(after?.leaseId).toBe(before?.leaseId)
    expect(etcd.line.writes()).toEqual([])
  })

  it('leaves its key to a process that has taken it, and takes it back when it falls free', async () => {
    const session = await etcd.session({ heartbeatMs: 100 })
    const old = session.status().leaseId
    const other = await createRegistrar(etcd.admin, { ttlSeconds: 60 }).register({ ...web, address: '10.0.0.8:80' })
    await eventually(() =>
      expect(session.status()).toMatchObject({ state: 'lost', lastError: { code: 'INSTANCE_CONFLICT' } }),
    )
    await eventually(async () => expect(await etcd.admin.lease.list()).toEqual([other.leaseId]))
    etcd.line.calls.length = 0
    await wait(500)
    expect((await etcd.admin.kv.get(key))?.leaseId).toBe(other.leaseId)
    expect(new Set(etcd.line.calls)).toEqual(new Set(['kv/range']))
    await etcd.admin.lease.revoke(other.leaseId)
    await eventually(() => expect(session.status().state).toBe('registered'))
    expect(session.status().leaseId).not.toBe(old)
    expect((await etcd.admin.kv.get(key))?.json()).toMatchObject({ address: '10.0.0.7:80' })
  })

  it('with onConflict "fail" gives up visibly when its key has been taken', async () => {
    const session = await etcd.session({ heartbeatMs: 100, onConflict: 'fail' })
    const other = await createRegistrar(etcd.admin, { ttlSeconds: 60 }).register(web)
    await expect(session.closed).rejects.toMatchObject({ code: 'INSTANCE_CONFLICT', leaseId: other.leaseId })
    expect(session.status().state).toBe('failed')
    await session.close()
    expect(await etcd.admin.lease.list()).toEqual([other.leaseId])
  })

  it('takes back a key that it lost and that somebody has put without a lease', async () => {
    const session = await etcd.session({ heartbeatMs: 200 })
    await etcd.admin.lease.revoke(session.status().leaseId)
    await etcd.admin.kv.put(key, 'by hand')
    await eventually(async () => expect((await etcd.admin.kv.get(key))?.leaseId).toBe(session.status().leaseId))
  })

  it('closing removes key and lease at once; closing again, or at the end of a block, is no error', async () => {
    let session: RegistrationSession
    {
      await using inner = await etcd.session()
      session = inner
      await inner.close()
      await inner.close()
    }
    await session.closed
    expect(session.status().state).toBe('closed')
    expect(await etcd.admin.kv.get(key)).toBeUndefined()
    expect(await etcd.admin.lease.list()).toEqual([])
    etcd.line.calls.length = 0
    await wait(ttlMs)
    expect(etcd.line.calls).toEqual([])
  })

  it('an abort in mid-life closes it', async () => {
    const controller = new AbortController()
    const session = await etcd.session({ signal: controller.signal })
    controller.abort()
    await session.closed
    expect(await etcd.admin.lease.list()).toEqual([])
  })

  it('closing in the middle of a registration leaves no lease behind', async () => {
    const session = await etcd.session({ heartbeatMs: 100 })
    let closing: Promise<void> | undefined
    etcd.line.on((path, phase) => {
      if (path === 'lease/grant' && phase === 'answered') closing = session.close()
    })
    await etcd.admin.lease.revoke(session.status().leaseId)
    await eventually(() => expect(closing).toBeDefined())
    await closing
    expect(await etcd.admin.lease.list()).toEqual([])
    expect(await etcd.admin.kv.get(key)).toBeUndefined()
  })

  it('closing while etcd is away says so and ends all the same; disposing does not throw', async () => {
    const session = await etcd.session()
    const disposed = await etcd.session()
    etcd.line.down()
    await expect(session.close()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await session.closed
    expect(session.status().state).toBe('closed')
    await disposed[Symbol.asyncDispose]()
    expect(disposed.status()).toMatchObject({ state: 'closed', lastError: { code: 'UNAVAILABLE' } })
  })

  it('a start that fails rejects with a typed error and leaves nothing behind', async () => {
    etcd.line.down()
    await expect(etcd.session()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    etcd.line.calls.length = 0
    await wait(300)
    expect(etcd.line.calls).toEqual([])
  })

  it('a session goes on from what the process before it had registered', async () => {
    const previous = await etcd.registrar().register(web)
    etcd.line.calls.length = 0
    const session = await etcd.session({ previous })
    expect(session.status().leaseId).toBe(previous.leaseId)
    expect(etcd.line.calls).toEqual([])
  })
})
