import { createEtcdClient, type WatchState } from 'etcd-edge/http-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { appLogin, type GuardedEtcd, startGuardedEtcd } from './guarded-etcd.ts'
import { watchInBackground } from './watching.ts'

describeWithNewestEtcd('a client with an endpoint that does not answer', ({ path: binary }) => {
  let guarded: GuardedEtcd
  let bad: TcpProxy
  let good: TcpProxy
  beforeAll(async () => {
    guarded = await startGuardedEtcd({ binary })
    bad = await startTcpProxy(guarded.etcd.url)
    good = await startTcpProxy(guarded.etcd.url)
    await guarded.root.kv.put('/app/a', '1')
  })
  afterAll(async () => {
    await guarded?.[Symbol.asyncDispose]()
    await Promise.all([bad, good].map((proxy) => proxy?.[Symbol.asyncDispose]()))
  })
  beforeEach(() => bad.restore())

  /** Begins with the endpoint that is bad. */
  const client = (urls = [bad.url, good.url]) => {
    vi.spyOn(Math, 'random').mockReturnValueOnce(0)
    return createEtcdClient({ endpoints: urls, auth: appLogin })
  }
  const watch = { prefix: '/app/', startRevision: 1, headerTimeoutMs: 500 }

  describe.each(['stall', 'reset', 'half-close'] as const)('but has a %s', (kind) => {
    beforeEach(() => bad.setFault({ kind }))

    test('reads from another one within its deadline', async () => {
      expect(await client().kv.get('/app/a')).toMatchObject({ value: '1' })
    })

    test('watches at another one', async () => {
      await using watching = watchInBackground(client().watch(watch))
      await eventually(() => expect(watching.values()).toEqual(['1']))
    })

    test('gives up at its deadline when there is no other one', async () => {
      const start = performance.now()
      const call = client([bad.url]).kv.get('/app/a', { timeoutMs: 700 })
      await expect(call).rejects.toMatchObject({ endpoint: bad.url, retryable: true })
      expect(performance.now() - start).toBeLessThan(3000)
    })
  })

  test('leaves an abort in the middle of a login to the others who wait for it', async () => {
    bad.setFault({ kind: 'stall' })
    const etcd = client([bad.url])
    const controller = new AbortController()
    const reason = new Error('enough')
    const first = etcd.kv.get('/app/a', { signal: controller.signal })
    const second = etcd.kv.get('/app/a')
    controller.abort(reason)
    await expect(first).rejects.toBe(reason)
    await bad.restore()
    await expect(second).resolves.toMatchObject({ value: '1' })
  })

  test('opens a watch with a start revision as soon as there is an answer', async () => {
    await bad.cut()
    const etcd = client([bad.url])
    const states: WatchState['state'][] = []
    await using from = watchInBackground(etcd.watch({ ...watch, onState: ({ state }) => states.push(state) }))
    await eventually(() => expect(states).toContain('interrupted'))
    await bad.restore()
    await eventually(() => expect(states).toContain('connected'))
    await guarded.root.kv.put('/app/a', '2')
    await eventually(() => expect(from.values().at(-1)).toBe('2'))
  })

  test('says at once that a watch cannot begin now when nobody can say what now is', async () => {
    await bad.cut()
    const etcd = client([bad.url])
    await expect(etcd.watch({ prefix: '/app/' }).next()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      endpoint: bad.url,
    })
    await bad.restore()
  })
})
