import { createEtcdClient } from 'etcd-edge/http-client'
import { kitex, raw } from 'etcd-edge/instance'
import { createRegistrar } from 'etcd-edge/registry'
import { createInstancer, createResolver, createServiceFetch, type ServiceFetchOptions } from 'etcd-edge/resolver'
import { describe, expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { type Behaviour, breaks, busyFor, echo, silent, startInstanceServer } from '../support/instance-server.ts'
import { useServedWeb } from './served-web.ts'

describeWithEtcd('a service fetch', () => {
  const web = useServedWeb()

  it('calls whoever is registered, by every form in which fetch is called', async () => {
    const [one] = await web.register(echo)
    const serviceFetch = web.start()
    const init = { method: 'POST', body: 'text', headers: { 'x-test': 'yes' } }
    for (const [input, more] of [
      ['http://web/path?query=1', init],
      [new URL('http://web/path?query=1'), init],
      [new Request('http://web/path?query=1', init), undefined],
      ['http://web/path?query=1', new Request('http://ignored/', init)],
    ] as const) {
      const response = await serviceFetch(input, more)
      expect(await response.json()).toMatchObject({
        method: 'POST',
        path: '/path?query=1',
        body: 'text',
        headers: { 'x-test': 'yes', host: one.address, 'content-length': '4' },
      })
      expect([response.status, response.url]).toEqual([200, `http://${one.address}/path?query=1`])
    }
  })

  it('sees instances come and go', async () => {
    const registrar = createRegistrar(web.client)
    const serviceFetch = createServiceFetch(createResolver(web.client, { maxAgeMs: 0 }))
    await expect(serviceFetch('http://web/')).rejects.toMatchObject({ code: 'NO_INSTANCES' })
    const one = await startInstanceServer()
    web.servers.push(one)
    const registration = await registrar.register({ service: 'web', address: one.address })
    expect((await serviceFetch('http://web/')).status).toBe(200)
    await registrar.deregister(registration)
    await expect(serviceFetch('http://web/')).rejects.toMatchObject({ code: 'NO_INSTANCES' })
  })

  it.each([
    ['go-kit', raw(), '/services/web/x', (address: string) => `http://${address}`],
    ['Kitex', kitex(), 'kitex/registry-etcd/web/x', (address: string) => JSON.stringify({ network: 'tcp', address })],
  ])('calls an instance that %s has registered', async (_, format, key, value) => {
    const one = await startInstanceServer()
    web.servers.push(one)
    await web.client.kv.put(key, value(one.address))
    const serviceFetch = createServiceFetch(createResolver(web.client, { format }))
    expect((await serviceFetch('http://web/')).status).toBe(200)
  })

  it('works on live sets', async () => {
    await web.register(echo)
    await using instancer = createInstancer(web.client, 'web')
    const serviceFetch = createServiceFetch([instancer])
    expect((await serviceFetch('http://web/')).status).toBe(200)
  })

  it('etcd away: goes on with what is known', async () => {
    await web.register(echo)
    let away = false
    const client = createEtcdClient({
      endpoints: [web.server.url],
      fetch: (url, init) => (away ? Promise.reject(new TypeError('fetch failed')) : fetch(url, init)),
    })
    const serviceFetch = createServiceFetch(createResolver(client, { maxAgeMs: 0 }))
    expect((await serviceFetch('http://web/')).status).toBe(200)
    away = true
    expect((await serviceFetch('http://web/')).status).toBe(200)
    await expect(serviceFetch('http://shop/')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  describe('an abort leaves no socket', () => {
    const reason = new Error('enough')
    const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error)
    const options: readonly ServiceFetchOptions[] = [{}, { timeoutMs: 60_000 }, { hedgingDelayMs: 1 }]

    it.each(options)('while nobody has answered (%o)', async (more) => {
      const [one, two] = await web.register(silent, silent)
      const controller = new AbortController()
      const call = failureOf(web.start(more)('http://web/', { signal: controller.signal }))
      await eventually(() => expect(one.busy() + two.busy()).toBe(more.hedgingDelayMs === undefined ? 1 : 2))
      controller.abort(reason)
      expect(await call).toBe(reason)
      await eventually(() => expect(one.connections() + two.connections()).toBe(0))
    })

    it.each(options)('while the body is read (%o)', async (more) => {
      const [one] = await web.register((_, response) => void response.write('some'))
      const controller = new AbortController()
      const response = await web.start(more)('http://web/', { signal: controller.signal })
      const reading = failureOf(response.text())
      controller.abort(reason)
      expect(await reading).toBe(reason)
      await eventually(() => expect([one.busy(), one.connections()]).toEqual([0, 0]))
    })

    it('while it waits for the next attempt', async () => {
      const [one] = await web.register(busyFor('4'))
      const controller = new AbortController()
      const call = failureOf(web.start()('http://web/', { signal: controller.signal }))
      await eventually(() => expect(one.requests).toHaveLength(1))
      controller.abort(reason)
      expect(await call).toBe(reason)
      await eventually(() => expect(one.busy()).toBe(0))
      expect(one.requests).toHaveLength(1)
    })

    it('while etcd is asked', async () => {
      const controller = new AbortController()
      const [one] = await web.register(silent)
      const waiting = createEtcdClient({ endpoints: [`http://${one.address}`] })
      const call = failureOf(createServiceFetch(createResolver(waiting))('http://web/', { signal: controller.signal }))
      await eventually(() => expect(one.busy()).toBe(1))
      controller.abort(reason)
      expect(await call).toBe(reason)
      await eventually(() => expect(one.connections()).toBe(0))
    })

    it('nor does a timeout', async () => {
      const [one, two] = await web.register(silent, silent)
      const call = web.start({ timeoutMs: 150, perAttemptTimeoutMs: 100 })('http://web/')
      await expect(call).rejects.toMatchObject({ code: 'DEADLINE' })
      await eventually(() => expect(one.connections() + two.connections()).toBe(0))
    })
  })

  describe('hedging', () => {
    it('wins: the slow one is aborted, and its connection is gone', async () => {
      const [slow, quick] = await web.register(silent, echo)
      expect((await web.start({ hedgingDelayMs: 10 })('http://web/')).status).toBe(200)
      expect([slow.requests.length, quick.requests.length]).toEqual([1, 1])
      await eventually(() => expect([slow.busy(), slow.connections()]).toEqual([0, 0]))
    })

    it('loses: the first answer counts, and the other connection is gone', async () => {
      const [first, second] = await web.register((request, response, body) => {
        // Only once the hedge is there.
        eventually(() => expect(second.busy()).toBe(1)).then(() => echo(request, response, body))
      }, silent)
      const response = await web.start({ hedgingDelayMs: 10 })('http://web/')
      expect(await response.json()).toMatchObject({ port: Number(first.address.split(':')[1]) })
      await eventually(() => expect([second.busy(), second.connections()]).toEqual([0, 0]))
    })
  })

  describe('redirects', () => {
    const redirectTo =
      (location: string, then: Behaviour = echo): Behaviour =>
      (request, response, body) => {
        if (request.url === '/from') response.writeHead(303, { location }).end('see there')
        else then(request, response, body)
      }

    it('stay at the instance when they are its own', async () => {
      const [one, two] = await web.register(redirectTo('/to?x=1'), echo)
      const response = await web.start()('http://web/from', { method: 'POST', body: 'text' })
      expect(await response.json()).toMatchObject({ method: 'GET', path: '/to?x=1', body: '' })
      expect([response.redirected, one.requests.length, two.requests.length]).toEqual([true, 2, 0])
    })

    it('to the service’s own name are resolved, not looked up', async () => {
      const [one, two] = await web.register(redirectTo('http://web/to', breaks), echo)
      const response = await web.start()('http://web/from')
      expect(await response.json()).toMatchObject({ path: '/to', port: Number(two.address.split(':')[1]) })
      expect(one.requests.map(({ path }) => path)).toEqual(['/from', '/to'])
    })

    it('to another address are followed by fetch, without credentials', async () => {
      const elsewhere = await startInstanceServer()
      web.servers.push(elsewhere)
      await web.register(redirectTo(`http://${elsewhere.address}/to`))
      const response = await web.start()('http://web/from', { headers: { authorization: 'secret', accept: 'text/x' } })
      expect(response.status).toBe(200)
      const [{ path, headers } = { path: '', headers: {} }] = elsewhere.requests
      expect([path, headers.authorization, headers.accept]).toEqual(['/to', undefined, 'text/x'])
    })
  })
})
