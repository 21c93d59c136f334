import ky, { HTTPError, isNetworkError, isTimeoutError } from 'ky'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'
import { createResolver, createServiceFetch, random } from '../../src/resolver/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { busyFor, echo, type InstanceServer, silent, startInstanceServer } from '../support/instance-server.ts'

describeWithEtcd('ky on a service fetch', () => {
  let server: Etcd
  let etcd: EtcdClient
  let one: InstanceServer
  const api = () => ky.create({ fetch: createServiceFetch(createResolver(etcd)) })
  const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error)

  beforeAll(async () => {
    server = await startEtcd()
    etcd = createEtcdClient({ endpoints: [server.url] })
    one = await startInstanceServer()
    await etcd.kv.put('/services/web/1', JSON.stringify({ address: one.address }))
  })
  afterAll(() => Promise.all([server?.stop(), one?.kill()]))
  beforeEach(async () => {
    await etcd.kv.delete('/services/web/0')
    one.behave(echo)
    one.requests.length = 0
  })

  it('reads and writes JSON at a service', async () => {
    expect(
      await api()
        .get('http://web/path', { searchParams: { a: 1 } })
        .json(),
    ).toMatchObject({ path: '/path?a=1' })
    const answer = await api()
      .post('http://web/path', { json: { text: 'ä' }, headers: { 'x-test': 'yes' } })
      .json()
    const headers = { 'content-type': 'application/json', 'x-test': 'yes' }
    expect(answer).toMatchObject({ method: 'POST', body: '{"text":"ä"}', headers })
  })

  it('never sees an instance that refuses connections, not even with POST, which ky does not retry', async () => {
    await etcd.kv.put('/services/web/0', JSON.stringify({ address: `127.0.0.1:${await freePort()}` }))
    // Each call begins at either of the two.
    const service = ky.create({
      fetch: createServiceFetch(createResolver(etcd), { balancer: (live) => random(live) }),
      retry: 0,
    })
    for (let call = 0; call < 20; call++) await service.post('http://web/', { json: { call } })
    expect(one.requests.map(({ body }) => JSON.parse(body).call)).toEqual(Array.from({ length: 20 }, (_, call) => call))
  })

  it('gets the last answer as its HTTPError, and retries by its own rules', async () => {
    one.behave(busyFor())
    const failure = await failureOf(
      api()
        .get('http://web/', { retry: { limit: 1, delay: () => 1 } })
        .text(),
    )
    expect(failure).toBeInstanceOf(HTTPError)
    expect(failure).toMatchObject({ response: { status: 503 } })
    expect(one.requests).toHaveLength(6)
  })

  it('takes a failure for one of the network', async () => {
    await etcd.kv.put('/services/gone/0', JSON.stringify({ address: `127.0.0.1:${await freePort()}` }))
    const failure = await failureOf(api().get('http://gone/', { retry: 0 }).text())
    expect(isNetworkError(failure)).toBe(true)
  })

  it('says that there is no instance', async () => {
    expect(await failureOf(api().get('http://nobody/').text())).toMatchObject({ code: 'NO_INSTANCES' })
  })

  it('ends a call when its time is up, and leaves no connection', async () => {
    one.behave(silent)
    const failure = await failureOf(api().get('http://web/', { timeout: 100, retry: 0 }).text())
    expect(isTimeoutError(failure)).toBe(true)
    await eventually(() => expect(one.busy()).toBe(0))
  })

  it('gives the caller’s own reason when it is aborted', async () => {
    one.behave(silent)
    const controller = new AbortController()
    const call = failureOf(api().get('http://web/', { signal: controller.signal }).text())
    await eventually(() => expect(one.busy()).toBe(1))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await call).toBe(reason)
    await eventually(() => expect(one.busy()).toBe(0))
  })
})
