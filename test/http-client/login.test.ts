import { compare, createEtcdClient, type EtcdClient, op, randomLeaseId, type WatchItem } from 'etcd-edge/http-client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { testWhenEtcdCan } from '../support/test-when-etcd-can.ts'
import { callLog } from './call-log.ts'
import { appLogin, type GuardedEtcd, startGuardedEtcd } from './guarded-etcd.ts'
import { watchInBackground } from './watching.ts'

const watcherTotal = 'etcd_debugging_mvcc_watcher_total'

describeWithNewestEtcd('a client and an etcd that demands a login', (binary) => {
  // Debian's 3.4.23 has several holes in what it guards; they are closed in releases of today.
  const leaky = binary.version.startsWith('3.4.')
  let guarded: GuardedEtcd
  let anonymous: EtcdClient
  let log: ReturnType<typeof callLog>
  let app: EtcdClient

  beforeAll(async () => {
    guarded = await startGuardedEtcd({ binary: binary.path })
    anonymous = createEtcdClient({ endpoints: [guarded.etcd.url] })
  })
  afterAll(async () => {
    await guarded?.[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    log = callLog()
    app = guarded.client({ observer: log.observer })
  })

  const noToken = { code: 'AUTH', grpcCode: 3, retryable: false, message: /user name is empty/ }
  const denied = { code: 'AUTH', grpcCode: 7, retryable: false, message: /permission denied/ }
  const allGone = async () => expect((await guarded.etcd.metrics()).get(watcherTotal)).toBe(0)

  test('S1 without a login every call says that the user name is empty', async () => {
    await expect(anonymous.kv.get('/app/a')).rejects.toMatchObject({ ...noToken, endpoint: guarded.etcd.url })
    await expect(anonymous.kv.put('/app/a', '1')).rejects.toMatchObject(noToken)
  })

  test('S1 a watch without a login ends with the error and leaves nothing open at etcd', async () => {
    await expect(anonymous.watch({ prefix: '/app/', startRevision: 1 }).next()).rejects.toMatchObject(noToken)
    await expect(anonymous.watch({ prefix: '/app/' }).next()).rejects.toMatchObject(noToken)
    await eventually(allGone)
  })

  test('S3 the token goes as it came, without a scheme, in a header that every etcd takes', async () => {
    const tokens = new Set<string | undefined>()
    const spying = guarded.client({
      fetch: (url, init) => {
        if (!url.endsWith('/authenticate')) tokens.add(init.headers.authorization)
        return fetch(url, init)
      },
    })
    await spying.kv.put('/app/a', '1')
    const watch = spying.watch({ prefix: '/app/', startRevision: 1 })
    await watch.next()
    await watch.return?.()
    expect([...tokens]).toEqual([expect.stringMatching(/^[A-Za-z]{16}\.\d+$/)])
  })

  test('S4 a range beyond the permission is denied for good, and nobody logs in again for it', async () => {
    await app.kv.put('/app/a', '1')
    await expect(app.kv.list({ prefix: '/ap' })).rejects.toMatchObject(denied)
    await expect(app.kv.list({ fromKey: '/app/a' })).rejects.toMatchObject(denied)
    await expect(app.kv.delete({ prefix: '/' })).rejects.toMatchObject(denied)
    const beyond = leaky ? { prefix: '/other/' } : { fromKey: '/app/a' }
    await expect(app.watch({ ...beyond, startRevision: 1 }).next()).rejects.toMatchObject(denied)
    expect(log.count('auth/authenticate')).toBe(1)
    await eventually(allGone)
  })

  test('S4 a transaction is denied for what it would do in the branch that is not taken', async () => {
    const txn = app.kv
      .txn()
      .if(compare.version('/app/none', '=', 0))
      .then(op.get('/app/a'))
      .else(op.put('/other', '1'))
    await expect(txn.commit()).rejects.toMatchObject(denied)
  })

  test('S4 several ranges with a forbidden gap between them can be watched as one', async () => {
    await guarded.root.auth.roleGrantPermission('app', 'read', { prefix: '/zoo/' })
    const { revision } = await guarded.root.kv.put('/zoo/a', 'z')
    await app.kv.put('/app/a', 'a')
    const ranges = [{ prefix: '/app/' }, { prefix: '/zoo/' }]
    await using watching = watchInBackground(app.watch({ ranges, startRevision: revision }))
    await eventually(() => expect(watching.values().toSorted()).toEqual(['a', 'z']))
  })

  test('S10 lease calls are sent with the token, keep-alives included', async () => {
    const leaseId = randomLeaseId()
    await app.lease.grant(60, { leaseId })
    await app.kv.put('/app/leased', '1', { leaseId })
    expect(await app.lease.keepAliveOnce(leaseId)).toMatchObject({ ttlSeconds: 60 })
    expect((await app.lease.timeToLive(leaseId, { keys: true })).keys).toEqual(['/app/leased'])
    await app.lease.revoke(leaseId)
  })

  const guardedLeases = { can: !leaky, needs: 'etcd 3.5', version: binary.version }
  testWhenEtcdCan(guardedLeases, 'S10 without a login an etcd of today keeps no lease alive', async () => {
    const leaseId = randomLeaseId()
    await app.lease.grant(60, { leaseId })
    await expect(anonymous.lease.keepAliveOnce(leaseId)).rejects.toMatchObject(noToken)
    await expect(anonymous.lease.timeToLive(leaseId)).rejects.toMatchObject(noToken)
    await app.lease.revoke(leaseId)
  })

  test('a wrong password is a terminal error that does not repeat it, and no storm of logins', async () => {
    const password = 'not-the-secret'
    const wrong = guarded.client({ auth: { ...appLogin, password }, observer: log.observer })
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => wrong.kv.get('/app/a')))
    for (const outcome of outcomes) {
      const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined
      expect(reason).toMatchObject({ code: 'AUTH', grpcCode: 3, retryable: false, message: /authentication failed/ })
      expect(String(reason)).not.toContain(password)
    }
    expect(log.count('auth/authenticate')).toBe(1)
    expect(log.count('kv/range')).toBe(0)
    await expect(wrong.watch({ prefix: '/app/' }).next()).rejects.toMatchObject({ code: 'AUTH' })
  })

  test('one login serves a hundred calls that begin together', async () => {
    await Promise.all(Array.from({ length: 100 }, () => app.kv.get('/app/a')))
    expect(log.count('auth/authenticate')).toBe(1)
  })

  test('a password that is rotated under a hundred calls fails none of them', async () => {
    let password = appLogin.password as string
    const rotating = guarded.client({ auth: { username: 'app', password: () => password }, observer: log.observer })
    await rotating.kv.put('/app/a', '1')
    const calls = Array.from({ length: 100 }, (_, index) => rotating.kv.put(`/app/${index}`, 'x'))
    password = 'app-secret-2'
    await guarded.root.auth.userChangePassword('app', password)
    calls.push(...Array.from({ length: 100 }, (_, index) => rotating.kv.put(`/app/${index}`, 'y')))
    await Promise.all(calls)
    expect((await rotating.kv.list({ prefix: '/app/', countOnly: true })).count).toBeGreaterThanOrEqual(100)
    expect(log.count('auth/authenticate')).toBeLessThanOrEqual(4)
    await guarded.root.auth.userChangePassword('app', appLogin.password)
  })

  test('a password that was rotated away is refused, once, to all who ask at the same time', async () => {
    await app.kv.get('/app/a')
    await guarded.root.auth.userChangePassword('app', 'app-secret-3')
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => app.kv.get('/app/a')))
    await guarded.root.auth.userChangePassword('app', appLogin.password)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(100)
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'AUTH', retryable: false } })
    expect(log.count('auth/authenticate')).toBeLessThanOrEqual(3)
  })

  test('S5 a watch outlives the permission on its stream, and ends when it is renewed', async () => {
    const { auth, kv } = guarded.root
    const { revision } = await kv.put('/app/s5', 'before')
    const connected = Promise.withResolvers<void>()
    const watch = app.watch({
      prefix: '/app/s5',
      startRevision: revision,
      onState: () => connected.resolve(),
      idleMs: 500,
    })
    await using watching = watchInBackground(watch)
    await connected.promise
    await auth.userRevokeRole('app', 'app')
    await kv.put('/app/s5', 'after')
    await eventually(() => expect(watching.values()).toEqual(['before', 'after']))
    await expect(watching.ended).rejects.toMatchObject(denied)
    await expect(app.kv.get('/app/s5')).rejects.toMatchObject(denied)
    await auth.userGrantRole('app', 'app')
    await expect(app.kv.get('/app/s5')).resolves.toMatchObject({ value: 'after' })
  })

  test('S9 whether authentication is on is told to root', async () => {
    if (binary.version.startsWith('3.4.')) {
      await expect(guarded.root.auth.status()).rejects.toMatchObject({ code: 'PROTOCOL', status: 404 })
      return
    }
    expect(await guarded.root.auth.status()).toMatchObject({ enabled: true })
    const unasked = anonymous.auth.status()
    if (/^3\.[56]\./.test(binary.version)) await expect(unasked).rejects.toMatchObject(noToken)
    else expect(await unasked).toMatchObject({ enabled: true })
  })

  test('a restart of etcd costs a client nothing but another login', async () => {
    await app.kv.put('/app/restart', '1')
    const watched: WatchItem[] = []
    const watch = app.watch({ prefix: '/app/restart', startRevision: 1 })
    watched.push((await watch.next()).value as WatchItem)
    await guarded.etcd.restart()
    await eventually(() => app.kv.put('/app/restart', '2'))
    watched.push((await watch.next()).value as WatchItem)
    await watch.return?.()
    expect(watched).toMatchObject([{ type: 'events' }, { type: 'events', events: [{ kv: { value: '2' } }] }])
  })
})
