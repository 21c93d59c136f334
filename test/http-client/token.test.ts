import { setTimeout as sleep } from 'node:timers/promises'
import type { EtcdClientOptions, FetchLike } from 'etcd-edge/http-client'
import { createEtcdClient } from 'etcd-edge/http-client'
import { describe, expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { callLog } from './call-log.ts'
import { appLogin, enableAuth, startGuardedEtcd } from './guarded-etcd.ts'
import { startJwtEtcd } from './jwt-etcd.ts'
import { watchInBackground } from './watching.ts'

/** A `fetch` that spoils the first tokens that are sent. */
function spoiling(times: number): FetchLike {
  return (url, init) => {
    const { authorization } = init.headers
    if (authorization === undefined || times-- <= 0) return fetch(url, init)
    return fetch(url, { ...init, headers: { ...init.headers, authorization: 'abcdefghijklmnop.1' } })
  }
}

describeWithNewestEtcd('the token of a client', ({ path: binary }) => {
  describe('simple', () => {
    test('S2 one that etcd does not know is replaced by another login, in a call and in a watch', async () => {
      await using guarded = await startGuardedEtcd({ binary })
      const log = callLog()
      const call = guarded.client({ fetch: spoiling(1), observer: log.observer })
      const { revision } = await call.kv.put('/app/a', '1')
      expect(log.count('auth/authenticate')).toBe(2)
      const watch = guarded.client({ fetch: spoiling(1), observer: log.observer })
      await using watching = watchInBackground(watch.watch({ prefix: '/app/', startRevision: revision }))
      await eventually(() => expect(watching.values()).toEqual(['1']))
      expect(log.count('auth/authenticate')).toBe(4)
    })

    test('S2 a login that gives only bad tokens is given up, in a call and in a watch', async () => {
      await using guarded = await startGuardedEtcd({ binary })
      const log = callLog()
      const spoiled = guarded.client({ fetch: spoiling(Number.POSITIVE_INFINITY), observer: log.observer })
      const invalid = { code: 'AUTH', grpcCode: 16, retryable: false, message: /invalid auth token/ }
      await expect(spoiled.kv.get('/app/a')).rejects.toMatchObject(invalid)
      expect(log.count('auth/authenticate')).toBe(2)
      await expect(spoiled.watch({ prefix: '/app/', startRevision: 1 }).next()).rejects.toMatchObject(invalid)
      expect(log.count('auth/authenticate')).toBeLessThanOrEqual(4)
    })

    test('S2 one that has expired is replaced without the caller’s notice', async () => {
      await using guarded = await startGuardedEtcd({ binary, args: ['--auth-token-ttl=1'] })
      const log = callLog()
      const app = guarded.client({ observer: log.observer })
      await app.kv.put('/app/a', '1')
      await using watching = watchInBackground(app.watch({ prefix: '/app/', startRevision: 1, idleMs: 1500 }))
      await sleep(3000)
      await app.kv.put('/app/a', '2')
      await eventually(() => expect(watching.values()).toEqual(['1', '2']))
      expect(log.count('auth/authenticate')).toBeGreaterThanOrEqual(2)
      expect(log.count('auth/authenticate')).toBeLessThanOrEqual(4)
    })

    test('S2 a quiet watch whose token expires again and again logs in each time', async () => {
      await using guarded = await startGuardedEtcd({ binary, args: ['--auth-token-ttl=1'] })
      const log = callLog()
      const app = guarded.client({ observer: log.observer })
      await app.kv.put('/app/a', '1')
      await using watching = watchInBackground(app.watch({ prefix: '/app/', startRevision: 1, idleMs: 2500 }))
      await eventually(() => expect(log.count('auth/authenticate')).toBeGreaterThanOrEqual(4))
      await guarded.root.kv.put('/app/a', '2')
      await eventually(() => expect(watching.values()).toEqual(['1', '2']))
    })
  })

  describe('JWT', () => {
    test('S8 any change to users or roles makes it old, and a call logs in again', async () => {
      await using guarded = await startJwtEtcd(binary, '5m')
      const log = callLog()
      const app = guarded.client({ observer: log.observer })
      await app.kv.put('/app/a', '1')
      await guarded.root.auth.roleAdd('unrelated')
      await app.kv.put('/app/a', '2')
      expect(await app.kv.get('/app/a')).toMatchObject({ value: '2' })
      expect(log.count('auth/authenticate')).toBe(2)
      expect(log.responses.filter(({ code }) => code === 'AUTH')).toMatchObject([{ call: 'kv/put', grpcCode: 3 }])
    })

    test('S8 a watch whose token is old is opened again, and misses nothing', async () => {
      await using guarded = await startJwtEtcd(binary, '5m')
      const app = guarded.client()
      const { revision } = await app.kv.put('/app/a', '0')
      await using watching = watchInBackground(app.watch({ prefix: '/app/', startRevision: revision, idleMs: 300 }))
      for (let index = 1; index <= 5; index++) {
        await guarded.root.auth.roleAdd(`unrelated-${index}`)
        await app.kv.put('/app/a', String(index))
        await sleep(400)
      }
      await eventually(() => expect(watching.values()).toEqual(['0', '1', '2', '3', '4', '5']))
    })

    test('S8 a hundred calls survive changes to users and roles that never end', async () => {
      await using guarded = await startJwtEtcd(binary, '5m')
      const app = guarded.client()
      const changing = (async () => {
        for (let index = 0; index < 5; index++) await guarded.root.auth.roleAdd(`role-${index}`)
      })()
      await Promise.all(Array.from({ length: 100 }, (_, index) => app.kv.put(`/app/${index}`, 'x')))
      await changing
    })

    test('S2 one that has expired is replaced without the caller’s notice', async () => {
      await using guarded = await startJwtEtcd(binary, '1s')
      const log = callLog()
      const app = guarded.client({ observer: log.observer })
      await app.kv.put('/app/a', '1')
      await sleep(2000)
      await app.kv.put('/app/a', '2')
      expect(log.count('auth/authenticate')).toBeGreaterThanOrEqual(2)
    })
  })

  describe('when authentication is switched', () => {
    const openClient = (url: string, more: Partial<EtcdClientOptions> = {}) =>
      createEtcdClient({ endpoints: [url], auth: appLogin, ...more })

    test('a client with a login works where authentication is off, with one vain attempt to log in', async () => {
      await using etcd = await startEtcd({ binary })
      const log = callLog()
      const client = openClient(etcd.url, { observer: log.observer })
      await client.kv.put('/app/a', '1')
      await client.kv.put('/app/a', '2')
      expect(log.count('auth/authenticate')).toBe(1)
    })

    test('on, calls and watches log in from then on', async () => {
      await using etcd = await startEtcd({ binary })
      const client = openClient(etcd.url)
      const { revision } = await client.kv.put('/app/a', '1')
      await using watching = watchInBackground(client.watch({ prefix: '/app/', startRevision: revision, idleMs: 300 }))
      await eventually(() => expect(watching.values()).toEqual(['1']))
      await enableAuth(openClient(etcd.url, { auth: { username: 'root', password: 'root-secret' } }))
      await Promise.race([watching.ended, sleep(1000)])
      await client.kv.put('/app/a', '2')
      await eventually(() => expect(watching.values()).toEqual(['1', '2']))
    })

    test('off, calls and watches go on', async () => {
      await using guarded = await startGuardedEtcd({ binary })
      const client = guarded.client()
      const { revision } = await client.kv.put('/app/a', '1')
      await using watching = watchInBackground(client.watch({ prefix: '/app/', startRevision: revision, idleMs: 300 }))
      await eventually(() => expect(watching.values()).toEqual(['1']))
      await guarded.root.auth.disable()
      await sleep(1000)
      await client.kv.put('/app/a', '2')
      await eventually(() => expect(watching.values()).toEqual(['1', '2']))
    })
  })
})
