import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'
import { kitex, raw } from '../../src/instance/index.ts'
import { createRegistrar } from '../../src/registry/index.ts'
import {
  createInstancer,
  createResolver,
  createServiceFetch,
  type ServiceFetchOptions,
} from '../../src/resolver/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, freePort, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import {
  type Behaviour,
  breaks,
  breaksInBody,
  busyFor,
  echo,
  type InstanceServer,
  silent,
  startInstanceServer,
} from '../support/instance-server.ts'

describeWithEtcd('a service fetch', () => {
  let server: Etcd
  let etcd: EtcdClient
  const servers: InstanceServer[] = []

  /** Instances of `web`, under ids that are in their order. */
  const register = async (...behaviours: readonly Behaviour[]) => {
    const started = await Promise.all(behaviours.map((behaviour) => startInstanceServer(behaviour)))
    servers.push(...started)
    for (const [index, { address }] of started.entries()) {
      await etcd.kv.put(`/services/web/${index}`, JSON.stringify({ address }))
    }
    return started as [InstanceServer, InstanceServer, InstanceServer]
  }
  /** Nobody listens there. */
  const registerDead = async (id = '0') => {
    const address = `127.0.0.1:${await freePort()}`
    await etcd.kv.put(`/services/web/${id}`, JSON.stringify({ address }))
  }
  /** In the order of the ids. */
  const inOrder: ServiceFetchOptions['balancer'] = (live) => ({
    pick({ exclude = [] }) {
      const found = live.snapshot().instances.find(({ id }) => !exclude.includes(id))
      if (found === undefined) throw new Error('nobody')
      return found
    },
  })
  const start = (options: ServiceFetchOptions = {}) =>
    createServiceFetch(createResolver(etcd), { balancer: inOrder, ...options })
  const stream = (...texts: readonly string[]) =>
    new ReadableStream<Uint8Array>({
      start(sink) {
        for (const text of texts) sink.enqueue(new TextEncoder().encode(text))
        sink.close()
      },
    })

  beforeAll(async () => {
    server = await startEtcd()
    etcd = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(() => etcd.kv.delete({ prefix: '' }))
  afterEach(() => Promise.all(servers.splice(0).map((each) => each.kill())))

  it('calls whoever is registered, by every form in which fetch is called', async () => {
    const [one] = await register(echo)
    const serviceFetch = start()
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
    const registrar = createRegistrar(etcd)
    const serviceFetch = createServiceFetch(createResolver(etcd, { maxAgeMs: 0 }))
    await expect(serviceFetch('http://web/')).rejects.toMatchObject({ code: 'NO_INSTANCES' })
    const one = await startInstanceServer()
    servers.push(one)
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
    servers.push(one)
    await etcd.kv.put(key, value(one.address))
    const serviceFetch = createServiceFetch(createResolver(etcd, { format }))
    expect((await serviceFetch('http://web/')).status).toBe(200)
  })

  it('works on live sets', async () => {
    await register(echo)
    await using web = createInstancer(etcd, 'web')
    const serviceFetch = createServiceFetch([web])
    expect((await serviceFetch('http://web/')).status).toBe(200)
  })

  it('etcd away: goes on with what is known', async () => {
    await register(echo)
    let away = false
    const client = createEtcdClient({
      endpoints: [server.url],
      fetch: (url, init) => (away ? Promise.reject(new TypeError('fetch failed')) : fetch(url, init)),
    })
    const serviceFetch = createServiceFetch(createResolver(client, { maxAgeMs: 0 }))
    expect((await serviceFetch('http://web/')).status).toBe(200)
    away = true
    expect((await serviceFetch('http://web/')).status).toBe(200)
    await expect(serviceFetch('http://shop/')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  describe('when an instance fails', () => {
    it('a refused connection is nobody’s loss: any request goes to another one', async () => {
      await registerDead()
      const two = await startInstanceServer()
      servers.push(two)
      await etcd.kv.put('/services/web/1', JSON.stringify({ address: two.address }))
      const serviceFetch = start()
      for (const request of [
        new Request('http://web/'),
        new Request('http://web/', { method: 'POST', body: 'text' }),
        new Request('http://web/', { method: 'PATCH', body: new Blob(['text']) }),
      ]) {
        expect((await serviceFetch(request)).status).toBe(200)
      }
      expect(two.requests.map(({ method, body }) => [method, body])).toEqual([
        ['GET', ''],
        ['POST', 'text'],
        ['PATCH', 'text'],
      ])
    })

    it('when all refuse, what fetch says is what the caller gets', async () => {
      await registerDead()
      const failure = await start()('http://web/').catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(TypeError)
      expect(failure).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } })
    })

    it('a connection that breaks without an answer: GET is asked again, POST is not', async () => {
      const [one, two] = await register(breaks, echo)
      const serviceFetch = start()
      expect((await serviceFetch('http://web/')).status).toBe(200)
      await expect(serviceFetch('http://web/', { method: 'POST', body: 'text' })).rejects.toThrow(TypeError)
      expect([one.requests.length, two.requests.length]).toEqual([2, 1])
    })

    it('an answer that breaks off in the middle is the caller’s: it is not asked again', async () => {
      const [, two] = await register(breaksInBody, echo)
      const response = await start()('http://web/')
      expect(response.status).toBe(200)
      await expect(response.text()).rejects.toThrow(TypeError)
      expect(two.requests).toEqual([])
    })

    it('one that was killed between two calls, with a connection in the pool, is left for another one', async () => {
      const [one, two] = await register(echo, echo)
      const serviceFetch = start()
      await (await serviceFetch('http://web/')).text()
      await one.kill()
      expect(await (await serviceFetch('http://web/')).json()).toMatchObject({
        port: Number(two.address.split(':')[1]),
      })
    })

    it('503 with Retry-After: another one is asked at once, the only one when it is time', async () => {
      const [one, two] = await register(busyFor('60'), echo)
      expect((await start()('http://web/')).status).toBe(200)
      expect([one.requests.length, two.requests.length]).toEqual([1, 1])

      await etcd.kv.delete('/services/web/1')
      one.behave((request, response, body) => {
        one.behave(echo)
        busyFor('1')(request, response, body)
      })
      const startedAt = performance.now()
      expect((await start()('http://web/')).status).toBe(200)
      expect(performance.now() - startedAt).toBeGreaterThan(990)
    })

    it('503 with a Retry-After that is too long is the answer', async () => {
      const [one] = await register(busyFor(new Date(Date.now() + 60_000).toUTCString()))
      const response = await start()('http://web/')
      expect([response.status, await response.text(), one.requests.length]).toEqual([503, 'busy', 1])
    })

    it('lets go of the connections of answers that nobody reads', async () => {
      const endless: Behaviour = (_, response) => {
        response.writeHead(503)
        response.write('x'.repeat(100_000))
      }
      const [one] = await register(endless, echo)
      expect((await start()('http://web/')).status).toBe(200)
      await eventually(() => expect([one.busy(), one.connections()]).toEqual([0, 0]))
    })
  })

  describe('a stream as the body', () => {
    it('is sent once: not after a 503, not after a refused connection', async () => {
      const [one, two] = await register(busyFor(), echo)
      const put = () => ({ method: 'PUT', body: stream('one', 'two'), duplex: 'half' })
      expect((await start()('http://web/', put())).status).toBe(503)
      expect([one.requests.map(({ body }) => body), two.requests]).toEqual([['onetwo'], []])
      await registerDead()
      await expect(start()('http://web/', { ...put(), method: 'POST' })).rejects.toThrow(TypeError)
      expect(two.requests).toEqual([])
    })

    it('of a Request arrives whole, however long', async () => {
      const [one] = await register(echo)
      const parts = Array.from({ length: 40 }, (_, index) => String(index % 10).repeat(10_000))
      const request = new Request('http://web/', {
        method: 'POST',
        body: stream(...parts),
        duplex: 'half',
      } as RequestInit)
      expect((await start()(request)).status).toBe(200)
      expect(one.requests.map(({ body }) => body)).toEqual([parts.join('')])
    })
  })

  describe('an abort leaves no socket', () => {
    const reason = new Error('enough')
    const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error)
    const options: readonly ServiceFetchOptions[] = [{}, { timeoutMs: 60_000 }, { hedgingDelayMs: 1 }]

    it.each(options)('while nobody has answered (%o)', async (more) => {
      const [one, two] = await register(silent, silent)
      const controller = new AbortController()
      const call = failureOf(start(more)('http://web/', { signal: controller.signal }))
      await eventually(() => expect(one.busy() + two.busy()).toBe(more.hedgingDelayMs === undefined ? 1 : 2))
      controller.abort(reason)
      expect(await call).toBe(reason)
      await eventually(() => expect(one.connections() + two.connections()).toBe(0))
    })

    it.each(options)('while the body is read (%o)', async (more) => {
      const [one] = await register((_, response) => void response.write('some'))
      const controller = new AbortController()
      const response = await start(more)('http://web/', { signal: controller.signal })
      const reading = failureOf(response.text())
      controller.abort(reason)
      expect(await reading).toBe(reason)
      await eventually(() => expect([one.busy(), one.connections()]).toEqual([0, 0]))
    })

    it('while it waits for the next attempt', async () => {
      const [one] = await register(busyFor('4'))
      const controller = new AbortController()
      const call = failureOf(start()('http://web/', { signal: controller.signal }))
      await eventually(() => expect(one.requests).toHaveLength(1))
      controller.abort(reason)
      expect(await call).toBe(reason)
      await eventually(() => expect(one.busy()).toBe(0))
      expect(one.requests).toHaveLength(1)
    })

    it('while etcd is asked', async () => {
      const controller = new AbortController()
      const [one] = await register(silent)
      const waiting = createEtcdClient({ endpoints: [`http://${one.address}`] })
      const call = failureOf(createServiceFetch(createResolver(waiting))('http://web/', { signal: controller.signal }))
      await eventually(() => expect(one.busy()).toBe(1))
      controller.abort(reason)
      expect(await call).toBe(reason)
      await eventually(() => expect(one.connections()).toBe(0))
    })

    it('nor does a timeout', async () => {
      const [one, two] = await register(silent, silent)
      const call = start({ timeoutMs: 150, perAttemptTimeoutMs: 100 })('http://web/')
      await expect(call).rejects.toMatchObject({ code: 'DEADLINE' })
      await eventually(() => expect(one.connections() + two.connections()).toBe(0))
    })
  })

  describe('hedging', () => {
    it('wins: the slow one is aborted, and its connection is gone', async () => {
      const [slow, quick] = await register(silent, echo)
      expect((await start({ hedgingDelayMs: 10 })('http://web/')).status).toBe(200)
      expect([slow.requests.length, quick.requests.length]).toEqual([1, 1])
      await eventually(() => expect([slow.busy(), slow.connections()]).toEqual([0, 0]))
    })

    it('loses: the first answer counts, and the other connection is gone', async () => {
      const [first, second] = await register((request, response, body) => {
        // Only once the hedge is there.
        eventually(() => expect(second.busy()).toBe(1)).then(() => echo(request, response, body))
      }, silent)
      const response = await start({ hedgingDelayMs: 10 })('http://web/')
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
      const [one, two] = await register(redirectTo('/to?x=1'), echo)
      const response = await start()('http://web/from', { method: 'POST', body: 'text' })
      expect(await response.json()).toMatchObject({ method: 'GET', path: '/to?x=1', body: '' })
      expect([response.redirected, one.requests.length, two.requests.length]).toEqual([true, 2, 0])
    })

    it('to the service’s own name are resolved, not looked up', async () => {
      const [one, two] = await register(redirectTo('http://web/to', breaks), echo)
      const response = await start()('http://web/from')
      expect(await response.json()).toMatchObject({ path: '/to', port: Number(two.address.split(':')[1]) })
      expect(one.requests.map(({ path }) => path)).toEqual(['/from', '/to'])
    })

    it('to another address are followed by fetch, without credentials', async () => {
      const elsewhere = await startInstanceServer()
      servers.push(elsewhere)
      await register(redirectTo(`http://${elsewhere.address}/to`))
      const response = await start()('http://web/from', { headers: { authorization: 'secret', accept: 'text/x' } })
      expect(response.status).toBe(200)
      const [{ path, headers } = { path: '', headers: {} }] = elsewhere.requests
      expect([path, headers.authorization, headers.accept]).toEqual(['/to', undefined, 'text/x'])
    })
  })
})
