import { createEtcdClient, type EtcdClient, type WatchState } from 'etcd-edge/http-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { type Watching, watchInBackground } from './watching.ts'

describeWithNewestEtcd('when its etcd ends', ({ path: binary }) => {
  let etcd: Etcd
  let client: EtcdClient
  let watching: Watching
  let states: string[]

  beforeEach(async () => {
    etcd = await startEtcd({ binary })
    client = createEtcdClient({ endpoints: [etcd.url] })
    states = []
    const onState = (state: WatchState) =>
      states.push(state.state === 'interrupted' ? `${state.error.code} ${state.error.endpoint}` : state.state)
    watching = watchInBackground(client.watch({ prefix: '/', startRevision: 1, onState }))
    await client.kv.put('/a', '1')
    await eventually(() => expect(watching.values()).toEqual(['1']))
  })
  afterEach(async () => {
    await watching?.[Symbol.asyncDispose]()
    await etcd?.stop()
  })

  const goesOn = async () => {
    await etcd.restart()
    await client.kv.put('/a', '2', { timeoutMs: 10_000 })
    await eventually(() => expect(watching.values()).toEqual(['1', '2']))
    // While etcd was away the watch may have tried more than once.
    const [first, second, ...more] = states
    expect([first, second, more.at(-1)]).toEqual(['connected', `UNAVAILABLE ${etcd.url}`, 'connected'])
  }

  test('S20 in order, a watch is told in the end, and goes on with the next etcd', async () => {
    const ended = etcd.kill('SIGTERM')
    // From 3.5 on the port is closed at once, while the watch stays open for up to 7 s.
    await eventually(async () => {
      const call = client.kv.get('/b')
      await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true, endpoint: etcd.url })
    })
    await ended
    await eventually(() => expect(states.length).toBeGreaterThan(1))
    await goesOn()
  })

  test('S21 suddenly, a watch is told at once, and goes on with the next etcd', async () => {
    await etcd.kill('SIGKILL')
    await eventually(() => expect(states.length).toBeGreaterThan(1))
    await goesOn()
  })

  test('S21 before it was reached, a write was surely not run', async () => {
    await etcd.kill('SIGKILL')
    const fresh = createEtcdClient({ endpoints: [etcd.url] })
    await expect(fresh.kv.put('/a', '3')).rejects.toMatchObject({ code: 'UNAVAILABLE', notExecuted: true })
  })

  test('S21 in the middle of a write, nobody knows whether it was run', async () => {
    await using proxy = await startTcpProxy(etcd.url)
    const through = createEtcdClient({ endpoints: [proxy.url] })
    await through.kv.put('/a', '2')
    proxy.setFault({ kind: 'stall' })
    const put = through.kv.put('/a', '3')
    put.catch(() => {})
    await eventually(() => expect(proxy.connections()).toBeGreaterThan(0))
    await new Promise((resolve) => setTimeout(resolve, 100))
    await proxy.cut()
    await expect(put).rejects.toMatchObject({ code: 'UNAVAILABLE', notExecuted: false, retryable: true })
  })
})
