import { createInstancer, type InstancerEvent } from 'etcd-edge/resolver'
import { expect, it } from 'vitest'
import { callLog } from '../http-client/call-log.ts'
import { appLogin, startGuardedEtcd } from '../http-client/guarded-etcd.ts'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'

const record = (address: string) => JSON.stringify({ address })

describeWithNewestEtcd('an instancer that is logged in', ({ path: binary }) => {
  it('goes on when its token expires in mid-life: it logs in again, nobody is told, and no change is missed', async () => {
    // The least that etcd takes, and streams that are older when they are opened anew.
    await using guarded = await startGuardedEtcd({ binary, args: ['--auth-token-ttl=1'] })
    await guarded.root.auth.roleGrantPermission('app', 'read', { prefix: '/services/web/' })
    const log = callLog()
    await using instancer = createInstancer(guarded.client({ observer: log.observer }), 'web', {
      watch: { idleMs: 2500 },
    })
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    await instancer.ready()
    await eventually(() => expect(log.count('auth/authenticate')).toBeGreaterThanOrEqual(3))
    await guarded.root.kv.put('/services/web/a', record('10.0.0.1:80'))
    await eventually(() => expect(instancer.snapshot().instances).toMatchObject([{ id: 'a' }]))
    expect(events.filter(({ type }) => type === 'error')).toEqual([])
    expect(log.count('kv/range')).toBe(1)
  })

  it('that may read one key only is shown no other: it is told so, and has the set when it may read it', async () => {
    await using guarded = await startGuardedEtcd({ binary })
    const { root } = guarded
    await root.auth.roleGrantPermission('app', 'read', { key: '/services/web/a' })
    await root.kv.put('/services/web/a', record('10.0.0.1:80'))
    await root.kv.put('/services/web/b', record('10.0.0.2:80'))
    await using instancer = createInstancer(guarded.client(), 'web')
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    const denied = { code: 'AUTH', message: expect.stringMatching(/permission denied/) }
    await expect(instancer.ready()).rejects.toMatchObject(denied)
    // However the watch is begun: the one key may be watched, and what lies behind it is not in it.
    const watch = guarded.client().watch({ key: '/services/web/a', startRevision: 1 })
    const { value } = await watch.next()
    expect(value).toMatchObject({ type: 'events', events: [{ kv: { key: '/services/web/a' } }] })
    await root.kv.put('/services/web/b', record('10.0.0.3:80'))
    await root.kv.put('/services/web/a', record('10.0.0.4:80'))
    expect((await watch.next()).value).toMatchObject({ events: [{ kv: { key: '/services/web/a' } }] })
    await watch.return?.()

    expect(events.every(({ type }) => type === 'error')).toBe(true)
    await root.auth.roleGrantPermission('app', 'read', { prefix: '/services/web/' })
    await eventually(() => expect(events.at(-1)?.type).toBe('snapshot'))
    expect(instancer.snapshot().instances).toMatchObject([{ id: 'a' }, { id: 'b' }])
  })

  it('that may no longer read keeps the last set, marked stale, and is told why', async () => {
    await using guarded = await startGuardedEtcd({ binary })
    const { root } = guarded
    await root.auth.roleGrantPermission('app', 'read', { prefix: '/services/web/' })
    await root.kv.put('/services/web/a', record('10.0.0.1:80'))
    await using instancer = createInstancer(guarded.client(), 'web', { watch: { idleMs: 300 } })
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    await instancer.ready()
    await root.auth.userRevokeRole(appLogin.username, 'app')
    await eventually(() => expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'AUTH' } }))
    expect(instancer.snapshot()).toMatchObject({ stale: true, instances: [{ id: 'a' }] })
  })
})
