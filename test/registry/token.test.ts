import { setTimeout as wait } from 'node:timers/promises'
import { native } from 'etcd-edge/instance'
import { createRegistrar, keepRegistered } from 'etcd-edge/registry'
import { expect, it } from 'vitest'
import { callLog } from '../http-client/call-log.ts'
import { startGuardedEtcd } from '../http-client/guarded-etcd.ts'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'

const web = { service: 'web', id: 'a', address: '10.0.0.7:80' }
const key = '/app/services/web/a'

describeWithNewestEtcd('a session that is logged in', ({ path: binary }) => {
  it('goes on when its token expires in mid-life: it logs in again, and nothing is written or lost', async () => {
    // The least that etcd takes, and a beat that is longer, so that each finds its token expired.
    await using guarded = await startGuardedEtcd({ binary, args: ['--auth-token-ttl=1'] })
    const log = callLog()
    const client = guarded.client({ observer: log.observer })
    const registrar = createRegistrar(client, { format: native({ prefix: '/app/services' }), ttlSeconds: 6 })
    await using session = await keepRegistered(registrar, web, { heartbeatMs: 2500 })
    const states: string[] = []
    session.subscribe((event) => states.push(event.type))
    const before = await guarded.root.kv.get(key)
    await wait(9000)
    expect(states).toEqual([])
    expect(log.count('auth/authenticate')).toBeGreaterThanOrEqual(3)
    const after = await guarded.root.kv.get(key)
    expect([after?.modRevision, after?.leaseId]).toEqual([before?.modRevision, session.status().leaseId])
    await session.close()
    expect(await guarded.root.lease.list()).toEqual([])
  })

  it('that may not write where it wants to is refused at the start, and leaves no lease', async () => {
    await using guarded = await startGuardedEtcd({ binary })
    const registrar = createRegistrar(guarded.client(), { ttlSeconds: 60 })
    await expect(keepRegistered(registrar, web)).rejects.toMatchObject({ code: 'AUTH' })
    await expect(keepRegistered(registrar, [web, { ...web, id: 'b' }])).rejects.toMatchObject({ code: 'AUTH' })
    expect(await guarded.root.lease.list()).toEqual([])
  })
})
