import { compare, createEtcdClient, type EtcdClient, op } from 'etcd-edge/http-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { denied, failed, firstOf, noToken } from './auth-outcome.ts'
import type { Target } from './target.ts'

const [rootPassword, alicePassword] = ['root secret', 'alice secret']
/** Users, roles, logins and permissions, as the client sees them. It switches authentication on and off at the target. */
export function authSuite(target: () => Target): void {
  const clientOf = (username?: string, password = `${username} secret`) => {
    const { url, fetch } = target()
    return createEtcdClient({
      endpoints: [url],
      fetch,
      ...(username === undefined ? {} : { auth: { username, password } }),
    })
  }
  let anybody: EtcdClient
  let root: EtcdClient
  let alice: EtcdClient
  beforeAll(() => {
    anybody = clientOf()
    root = clientOf('root')
    alice = clientOf('alice')
  })

  describe('before it is switched on', () => {
    test('a login is not needed, and a client that has one goes without', async () => {
      await alice.kv.put('/mine/a', '1')
      expect((await anybody.kv.get('/mine/a'))?.value).toBe('1')
    })

    test('users and roles are added, listed, changed and deleted', async () => {
      const { auth } = anybody
      await auth.userAdd('bob', 'b')
      await auth.userAdd('alice', alicePassword)
      await auth.roleAdd('b')
      await auth.roleAdd('a')
      await auth.userGrantRole('bob', 'b')
      await auth.userGrantRole('bob', 'a')
      expect(await auth.userList()).toEqual(['alice', 'bob'])
      expect(await auth.roleList()).toEqual(['a', 'b'])
      expect(await auth.userGet('bob')).toEqual(['a', 'b'])
      await auth.userRevokeRole('bob', 'a')
      await auth.roleDelete('b')
      expect(await auth.userGet('bob')).toEqual([])
      await auth.userDelete('bob')
      await auth.roleDelete('a')
      expect([await auth.userList(), await auth.roleList()]).toEqual([['alice'], []])
    })

    test('a role keeps its permissions in the order of their keys, one for each range', async () => {
      const { auth } = anybody
      await auth.roleAdd('mine')
      await auth.roleGrantPermission('mine', 'readwrite', { prefix: '/mine/' })
      await auth.roleGrantPermission('mine', 'write', { key: '/drop' })
      await auth.roleGrantPermission('mine', 'read', { key: '/drop' })
      await auth.roleGrantPermission('mine', 'write', { key: '/drop' })
      await auth.roleGrantPermission('mine', 'read', { key: '/news/', rangeEnd: '/news5' })
      await auth.roleGrantPermission('mine', 'read', { key: '/news5', rangeEnd: '/newt' })
      await auth.roleGrantPermission('mine', 'read', { fromKey: '/z' })
      expect(await auth.roleGet('mine')).toEqual([
        { type: 'write', key: '/drop' },
        { type: 'readwrite', key: '/mine/', rangeEnd: '/mine0' },
        { type: 'read', key: '/news/', rangeEnd: '/news5' },
        { type: 'read', key: '/news5', rangeEnd: '/newt' },
        { type: 'read', key: '/z', rangeEnd: '\0' },
      ])
      await auth.roleRevokePermission('mine', { fromKey: '/z' })
      await auth.userGrantRole('alice', 'mine')
    })

    test('what is there twice or not at all is refused', async () => {
      const { auth } = anybody
      const says = (text: string) => ({ ...failed, message: expect.stringContaining(text) })
      await expect(auth.userAdd('alice', 'x')).rejects.toMatchObject(says('user name already exists'))
      await expect(auth.roleAdd('mine')).rejects.toMatchObject(says('role name already exists'))
      await expect(auth.userGet('nobody')).rejects.toMatchObject(says('user name not found'))
      await expect(auth.roleGet('none')).rejects.toMatchObject(says('role name not found'))
      await expect(auth.userGrantRole('alice', 'none')).rejects.toMatchObject(says('role name not found'))
      await expect(auth.userRevokeRole('alice', 'none')).rejects.toMatchObject(says('role is not granted'))
      const revoked = auth.roleRevokePermission('mine', { key: '/never' })
      await expect(revoked).rejects.toMatchObject(says('permission is not granted to the role'))
    })

    test('it wants a user root with the role root', async () => {
      const { auth } = anybody
      await expect(auth.enable()).rejects.toMatchObject({ ...failed, message: /root user does not exist/ })
      await auth.userAdd('root', rootPassword)
      await expect(auth.enable()).rejects.toMatchObject({ ...failed, message: /root user does not have root role/ })
      await auth.userGrantRole('root', 'root')
      await auth.enable()
    })
  })

  describe('once it is switched on', () => {
    test('a call without a login is refused', async () => {
      await expect(anybody.kv.get('/mine/a')).rejects.toMatchObject(noToken)
      await expect(anybody.kv.put('/mine/a', '1')).rejects.toMatchObject(noToken)
      await expect(anybody.auth.userList()).rejects.toMatchObject(noToken)
    })

    test('a wrong password and an unknown user are refused in the same words', async () => {
      const refused = { code: 'AUTH', grpcCode: 3, message: /authentication failed, invalid user ID or password/ }
      await expect(clientOf('alice', 'wrong').kv.get('/mine/a')).rejects.toMatchObject(refused)
      await expect(clientOf('nobody').kv.get('/mine/a')).rejects.toMatchObject(refused)
    })

    test('a token that is none is refused', async () => {
      const { url, fetch } = target()
      const refused = await fetch(`${url}/v3/kv/range`, {
        method: 'POST',
        headers: { authorization: 'none.1' },
        body: JSON.stringify({ key: btoa('/mine/a') }),
      })
      expect(refused.status).toBe(401)
      expect(await refused.json()).toMatchObject({ code: 16, message: 'etcdserver: invalid auth token' })
    })

    test('root may do everything', async () => {
      await root.kv.put('/other/a', '1')
      const { revision } = await root.kv.delete({ prefix: '/other/' }, { prevKv: true })
      await root.kv.compact(revision)
      expect(await root.auth.userList()).toEqual(['alice', 'root'])
    })

    test('reads need a permission for the whole range, which several may make up', async () => {
      expect((await alice.kv.get('/mine/a'))?.value).toBe('1')
      expect((await alice.kv.list({ prefix: '/mine/' })).count).toBe(1)
      expect((await alice.kv.list({ key: '/news/', rangeEnd: '/newt' })).count).toBe(0)
      await expect(alice.kv.list({ prefix: '/mine' })).rejects.toMatchObject(denied)
      await expect(alice.kv.list({ fromKey: '/mine/' })).rejects.toMatchObject(denied)
      await expect(alice.kv.get('/drop')).rejects.toMatchObject(denied)
    })

    test('writes need a permission to write, and one to read for what was there', async () => {
      await alice.kv.put('/drop', '1')
      await expect(alice.kv.put('/drop', '2', { prevKv: true })).rejects.toMatchObject(denied)
      await expect(alice.kv.put('/news/a', '1')).rejects.toMatchObject(denied)
      await expect(alice.kv.delete('/drop', { prevKv: true })).rejects.toMatchObject(denied)
      await expect(alice.kv.delete({ prefix: '/news/' })).rejects.toMatchObject(denied)
      expect((await alice.kv.delete('/drop')).deleted).toBe(1)
    })

    test('a transaction needs the permissions of all of it, whichever branch runs', async () => {
      const own = alice.kv
        .txn()
        .if(compare.version('/mine/a', '>', 0))
        .then(op.put('/drop', '1'), op.get('/mine/a'))
      expect((await own.commit()).succeeded).toBe(true)
      await expect(
        alice.kv
          .txn()
          .if(compare.version('/drop', '>', 0))
          .commit(),
      ).rejects.toMatchObject(denied)
      const branch = alice.kv
        .txn()
        .if(compare.version('/mine/a', '>', 0))
        .then(op.get('/mine/a'))
        .else(op.put('/news/a', '1'))
      await expect(branch.commit()).rejects.toMatchObject(denied)
    })

    test('what is root’s is refused to others, but for their own roles', async () => {
      await expect(alice.auth.userAdd('eve', 'e')).rejects.toMatchObject(denied)
      await expect(alice.auth.disable()).rejects.toMatchObject(denied)
      // Old ones let everybody compact.
      if (!target().tags.includes('old')) await expect(alice.kv.compact(1)).rejects.toMatchObject(denied)
      await expect(alice.auth.userGet('root')).rejects.toMatchObject(denied)
      expect(await alice.auth.userGet('alice')).toEqual(['mine'])
      expect(await alice.auth.roleGet('mine')).toHaveLength(4)
    })

    test('root cannot be taken away from root', async () => {
      const refused = { code: 'RPC', grpcCode: 3, message: /invalid auth management/ }
      await expect(root.auth.userDelete('root')).rejects.toMatchObject(refused)
      await expect(root.auth.userRevokeRole('root', 'root')).rejects.toMatchObject(refused)
    })

    test('a lease with keys of others is not hers to revoke, or to put under', async () => {
      const { leaseId } = await root.lease.grant(60)
      await root.kv.put('/other/a', '1', { leaseId })
      await expect(alice.lease.revoke(leaseId)).rejects.toMatchObject(denied)
      await expect(alice.kv.put('/mine/b', '1', { leaseId })).rejects.toMatchObject(denied)
      await root.lease.revoke(leaseId)
      const mine = await alice.lease.grant(60)
      await alice.kv.put('/mine/b', '1', { leaseId: mine.leaseId })
      expect((await alice.lease.keepAliveOnce(mine.leaseId)).ttlSeconds).toBe(60)
      await alice.lease.revoke(mine.leaseId)
    })

    test('a watch is allowed or refused by its range', async () => {
      const { revision } = await alice.kv.put('/mine/w', '1')
      const seen = await firstOf(alice.watch({ prefix: '/mine/', startRevision: revision }))
      expect(seen).toMatchObject({ type: 'events', events: [{ kv: { key: '/mine/w', value: '1' } }] })
      const others = alice.watch({ prefix: '/other/', startRevision: revision })
      await expect(firstOf(others)).rejects.toMatchObject({ code: 'AUTH', message: /permission denied/ })
      await expect(firstOf(anybody.watch({ prefix: '/mine/', startRevision: revision }))).rejects.toMatchObject({
        code: 'AUTH',
      })
    })

    test('watches over two ranges work for who may not read what lies between', async () => {
      const { revision } = await alice.kv.put('/mine/w', '2')
      const ranges = [{ prefix: '/mine/' }, { key: '/news/', rangeEnd: '/newt' }]
      const seen = await firstOf(alice.watch({ ranges, startRevision: revision }))
      expect(seen).toMatchObject({ type: 'events', events: [{ kv: { value: '2' } }] })
    })

    test('a changed role counts at once, with the token that is there', async () => {
      await root.auth.roleGrantPermission('mine', 'read', { prefix: '/later/' })
      expect((await alice.kv.list({ prefix: '/later/' })).count).toBe(0)
      await root.auth.roleRevokePermission('mine', { prefix: '/later/' })
      await expect(alice.kv.list({ prefix: '/later/' })).rejects.toMatchObject(denied)
    })

    test('a changed password ends the tokens; who knows the new one goes on', async () => {
      let password = alicePassword
      const { url, fetch } = target()
      const both = { username: 'alice', password: () => password }
      const knows = createEtcdClient({ endpoints: [url], fetch, auth: both })
      await Promise.all([knows.kv.get('/mine/a'), alice.kv.get('/mine/a')])
      password = 'new'
      await root.auth.userChangePassword('alice', password)
      expect((await knows.kv.get('/mine/a'))?.value).toBe('1')
      await expect(alice.kv.get('/mine/a')).rejects.toMatchObject({ code: 'AUTH', message: /authentication failed/ })
    })

    test('a user that is gone is refused', async () => {
      const gone = clientOf('gone')
      await root.auth.userAdd('gone', 'gone secret')
      await root.auth.userGrantRole('gone', 'mine')
      expect((await gone.kv.get('/mine/a'))?.value).toBe('1')
      await root.auth.userDelete('gone')
      await expect(gone.kv.get('/mine/a')).rejects.toMatchObject({ code: 'AUTH' })
    })

    test('members and alarms are for whoever has a login', async () => {
      expect(await root.cluster.memberList()).toHaveLength(1)
      expect(await root.maintenance.alarmList()).toEqual([])
      expect((await root.status()).version).toMatch(/^3\./)
    })
  })

  test('switched off, nobody is asked for a login, and old tokens do no harm', async () => {
    await root.auth.disable()
    expect((await anybody.kv.get('/mine/a'))?.value).toBe('1')
    expect((await root.kv.get('/mine/a'))?.value).toBe('1')
  })
}
