import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'
import { raw } from '../../src/instance/index.ts'
import { createRegistrar, keepRegistered } from '../../src/registry/index.ts'
import {
  createEndpointer,
  createInstancer,
  type Endpoint,
  type Endpointer,
  type EndpointFactory,
  leastLoaded,
  retry,
  roundRobin,
} from '../../src/resolver/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'

/** A server that answers with its own name. */
interface Shop extends AsyncDisposable {
  readonly address: string
}

async function startShop(name: string): Promise<Shop> {
  const server: Server = createServer((_, response) => response.setHeader('connection', 'close').end(name))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()))
  return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: close }
}

describeWithEtcd('an endpointer over a live set', () => {
  let server: Etcd
  let etcd: EtcdClient
  let opened: string[]
  let closed: string[]
  const factory: EndpointFactory<Endpoint<string, string>> = ({ id, address }) => {
    opened.push(id)
    return {
      endpoint: async (path, { signal }) => (await fetch(`http://${address}${path}`, { signal })).text(),
      close: () => void closed.push(id),
    }
  }
  const put = (id: string, address = '10.0.0.1:80', more: object = {}) =>
    etcd.kv.put(`/services/shop/${id}`, JSON.stringify({ address, weight: 100, tags: {}, ...more }))
  const instancesOf = (endpointer: Endpointer<unknown>) => endpointer.entries().map(({ instance }) => instance?.id)

  beforeAll(async () => {
    server = await startEtcd()
    etcd = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await etcd.kv.delete({ prefix: '' })
    opened = []
    closed = []
  })
  afterEach(() => {
    // Each endpoint that was ever made is closed when the test is over, and none twice.
    expect(closed.toSorted()).toEqual(opened.toSorted())
  })

  it('follows etcd: made for who comes, kept for who stays, closed for who leaves', async () => {
    await put('a')
    await using instancer = createInstancer(etcd, 'shop')
    await using endpointer = createEndpointer(instancer, factory)
    expect(() => endpointer.endpoints()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    await instancer.ready()
    const [a] = endpointer.endpoints()
    await put('b')
    await eventually(() => expect(instancesOf(endpointer)).toEqual(['a', 'b']))
    await put('a', '10.0.0.1:80', { weight: 5, status: 'draining' })
    await eventually(() => expect(endpointer.entries()[0]?.instance?.status).toBe('draining'))
    expect(endpointer.endpoints()[0]).toBe(a)
    await put('a', '10.0.0.2:80')
    await eventually(() => expect(closed).toEqual(['a']))
    await etcd.kv.delete('/services/shop/b')
    await eventually(() => expect(closed).toEqual(['a', 'b']))
    expect(opened).toEqual(['a', 'b', 'a'])
  })

  it('etcd away: the endpoints stay in use, without an end', async () => {
    await put('a')
    await using instancer = createInstancer(etcd, 'shop')
    await using endpointer = createEndpointer(instancer, factory)
    await instancer.ready()
    await server.kill()
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    expect(instancesOf(endpointer)).toEqual(['a'])
    await server.restart()
    await eventually(() => expect(instancer.snapshot().stale).toBe(false))
    expect(closed).toEqual([])
  })

  it('etcd away for longer than invalidateOnErrorMs: all closed, the error instead; back with nothing changed: made again', async () => {
    await put('a')
    await using instancer = createInstancer(etcd, 'shop')
    await using endpointer = createEndpointer(instancer, factory, { invalidateOnErrorMs: 50 })
    await instancer.ready()
    await server.kill()
    await eventually(() => expect(closed).toEqual(['a']))
    expect(() => endpointer.endpoints()).toThrow(expect.objectContaining({ retryable: true }))
    const balancer = roundRobin(endpointer)
    expect(() => balancer.pick()).toThrow(expect.objectContaining({ retryable: true }))
    await server.restart()
    await eventually(() => expect(instancesOf(endpointer)).toEqual(['a']))
    expect(opened).toEqual(['a', 'a'])
    expect(balancer.pick()).toBe(endpointer.endpoints()[0])
  })

  it('one that is made while etcd is away has the last set, and its time is running', async () => {
    await put('a')
    await using instancer = createInstancer(etcd, 'shop')
    await instancer.ready()
    await server.kill()
    await eventually(() => expect(instancer.snapshot().stale).toBe(true))
    await using patient = createEndpointer(instancer, factory)
    await using hasty = createEndpointer(instancer, factory, { invalidateOnErrorMs: 0 })
    expect(instancesOf(patient)).toEqual(['a'])
    expect(() => hasty.endpoints()).toThrow(expect.objectContaining({ retryable: true }))
    await server.restart()
    await eventually(() => expect(instancesOf(hasty)).toEqual(['a']))
  })

  it('retry goes past a server that is gone, and on when etcd is gone too', async () => {
    await using left = await startShop('left')
    await using right = await startShop('right')
    const registrar = createRegistrar(etcd)
    await using _left = await keepRegistered(registrar, { service: 'shop', address: left.address })
    await using _right = await keepRegistered(registrar, { service: 'shop', address: right.address })
    await using instancer = createInstancer(etcd, 'shop')
    await using endpointer = createEndpointer(instancer, factory)
    await instancer.ready()
    const call = retry(2, 5000, roundRobin(endpointer))
    const answers = async () => new Set([await call('/'), await call('/'), await call('/'), await call('/')])
    expect(await answers()).toEqual(new Set(['left', 'right']))
    await left[Symbol.asyncDispose]()
    expect(await answers()).toEqual(new Set(['right']))
    await server.kill()
    expect(await answers()).toEqual(new Set(['right']))
    await server.restart()
  })

  it('a balancer over endpoints heeds the weight, zone and status in etcd as they change', async () => {
    await put('a', '10.0.0.1:80', { zone: 'iad' })
    await put('b', '10.0.0.2:80', { zone: 'fra' })
    await using instancer = createInstancer(etcd, 'shop')
    await using endpointer = createEndpointer(instancer, (each) => {
      const { endpoint, close } = factory(each)
      return { endpoint: Object.assign(endpoint, { address: each.address }), ...(close && { close }) }
    })
    await instancer.ready()
    const balancer = leastLoaded(endpointer, { zone: 'iad' })
    const next = () => {
      const endpoint = balancer.pick()
      balancer.release(endpoint)
      return endpoint.address
    }
    expect(next()).toBe('10.0.0.1:80')
    await put('a', '10.0.0.1:80', { zone: 'iad', status: 'draining' })
    await eventually(() => expect(next()).toBe('10.0.0.2:80'))
    await put('c', '10.0.0.3:80', { zone: 'iad' })
    await eventually(() => expect(next()).toBe('10.0.0.3:80'))
    await put('c', '10.0.0.3:80', { zone: 'iad', weight: 0 })
    await eventually(() => expect(next()).toBe('10.0.0.2:80'))
    expect(closed).toEqual([])
  })

  it('a factory has the string that a go-kit service has stored', async () => {
    await etcd.kv.put('/services/shop/1.2.3.4:8080', 'http://1.2.3.4:8080/base')
    await using instancer = createInstancer(etcd, 'shop', { format: raw() })
    await using endpointer = createEndpointer(instancer, ({ extra }) => ({ endpoint: extra?.value }))
    await instancer.ready()
    expect(endpointer.endpoints()).toEqual(['http://1.2.3.4:8080/base'])
  })
})
