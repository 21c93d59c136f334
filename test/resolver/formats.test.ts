import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'
import { goZero, grpcNaming, type InstanceFormat, kratos, raw, rpcx, skydns } from '../../src/instance/index.ts'
import { createInstancer, createResolver, type Instancer, type InstancerEvent } from '../../src/resolver/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { startSupervised } from '../support/supervised-process.ts'

describeWithEtcd('a resolver of what other frameworks have written', () => {
  let server: Etcd
  let etcd: EtcdClient
  const instancers: Instancer[] = []
  const start = async (format: InstanceFormat, service: string) => {
    const instancer = createInstancer(etcd, service, { format })
    instancers.push(instancer)
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    await instancer.ready()
    return { instancer, events, ids: () => instancer.snapshot().instances.map(({ id }) => id) }
  }
  /** Waits until the instancer has seen all that is written. */
  const seen = (instancer: Instancer, revision: number) =>
    eventually(() => expect(instancer.snapshot().revision).toBeGreaterThanOrEqual(revision))

  beforeAll(async () => {
    server = await startEtcd()
    etcd = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(() => etcd.kv.delete({ prefix: '' }))
  afterEach(() => Promise.all(instancers.splice(0).map((instancer) => instancer.close())))

  it('go-kit: a bare prefix answers for all that begins with it, as GetEntries does', async () => {
    await etcd.kv.put('/services/foosvc/1.2.3.4:8080', 'http://1.2.3.4:8080')
    await etcd.kv.put('/services/foosvc-v2/1.2.3.9:8080', 'http://1.2.3.9:8080')
    const valuesOf = async (format: InstanceFormat) => {
      const { instances } = await createResolver(etcd, { format }).resolve('foosvc')
      return instances.map(({ extra }) => extra?.value)
    }
    expect(await valuesOf(raw({ queryPrefix: '/services/foosvc' }))).toEqual([
      'http://1.2.3.9:8080',
      'http://1.2.3.4:8080',
    ])
    expect(await valuesOf(raw({ queryPrefix: '/services/foosvc/' }))).toEqual(['http://1.2.3.4:8080'])
    expect(await valuesOf(raw())).toEqual(['http://1.2.3.4:8080'])
    const { instancer } = await start(raw({ queryPrefix: '/services/foosvc' }), 'foosvc')
    await etcd.kv.put('/services/foosvc-v3/1.2.3.5:80', '1.2.3.5:80')
    await eventually(() => expect(instancer.snapshot().instances).toHaveLength(3))
  })

  it('Kratos: a row that would fail its clients harms nobody here, and the endpoints of a record come and go', async () => {
    const record = (endpoints: readonly string[]) =>
      JSON.stringify({ id: 'a', name: 'web', version: '', metadata: null, endpoints })
    await etcd.kv.put('/microservices/web/bad', 'null')
    await etcd.kv.put('/microservices/web/a', record(['grpc://10.0.0.5:9000', 'http://10.0.0.5:8000']))
    const { instancer, events, ids } = await start(kratos(), 'web')
    expect([ids(), instancer.snapshot().rejected]).toEqual([['a', 'a#http'], 1])
    await etcd.kv.put('/microservices/web/a', record(['grpc://10.0.0.5:9000', 'http://10.0.0.5:8000']))
    await etcd.kv.put('/microservices/web/a', record(['grpc://10.0.0.5:9000']))
    await eventually(() => expect(ids()).toEqual(['a']))
    // The first of the two says what was there already. The list that both endpoints knew is another one now.
    expect(events).toHaveLength(2)
    expect(events[1]).toMatchObject({ change: { added: [], updated: [{ id: 'a' }], removed: [{ id: 'a#http' }] } })
  })

  it('go-zero: an address is one instance however many keys hold it, until the last of them goes', async () => {
    await etcd.kv.put('user.rpc/11', '10.0.0.5:8080')
    const { instancer, events } = await start(goZero(), 'user.rpc')
    await seen(instancer, (await etcd.kv.put('user.rpc/12', '10.0.0.5:8080')).revision)
    expect(events).toHaveLength(1)
    expect(instancer.snapshot().instances).toHaveLength(1)
    await seen(instancer, (await etcd.kv.delete('user.rpc/11')).revision)
    expect(instancer.snapshot().instances).toMatchObject([{ id: '12', address: '10.0.0.5:8080' }])
    await seen(instancer, (await etcd.kv.delete('user.rpc/12')).revision)
    expect(instancer.snapshot().instances).toEqual([])
  })

  it('go-zero and etcd naming: names of several segments, told apart among all', async () => {
    await etcd.kv.put('shop/order.rpc/11', '10.0.0.5:8080')
    await etcd.kv.put('shop/11', '10.0.0.6:8080')
    await etcd.kv.put('stray', 'x')
    const zero = createResolver(etcd, { format: goZero() })
    expect((await zero.resolve('shop')).instances).toMatchObject([{ address: '10.0.0.6:8080' }])
    expect(await zero.resolveAll()).toMatchObject({
      rejected: 1,
      services: [{ service: 'shop' }, { service: 'shop/order.rpc', instances: [{ id: '11' }] }],
    })
    await etcd.kv.put('svc/pay/eu/a', '{"Addr":"10.0.0.7:1"}')
    const naming = createResolver(etcd, { format: grpcNaming() })
    expect((await naming.resolve('svc/pay')).instances).toMatchObject([{ id: 'eu/a', service: 'svc/pay' }])
  })

  it("etcd's own grpc-proxy, which registers itself, is found, and is gone when its lease is", async () => {
    const address = `127.0.0.1:${await freePort()}`
    const { instancer } = await start(grpcNaming(), 'svc/edge')
    const proxy = await startSupervised('etcd', [
      'grpc-proxy',
      'start',
      `--endpoints=${server.url}`,
      `--listen-addr=${address}`,
      `--advertise-client-url=${address}`,
      '--resolver-prefix=svc/edge',
      '--resolver-ttl=2',
    ])
    try {
      await eventually(() => expect(instancer.snapshot().instances).toHaveLength(1))
      const [found] = instancer.snapshot().instances
      expect(found).toMatchObject({ id: address, address, scheme: 'grpc', tags: { name: expect.any(String) } })
      const bytes = found && grpcNaming().encode(found)
      expect(new TextDecoder().decode(bytes)).toBe((await etcd.kv.get(`svc/edge/${address}`))?.value)
    } finally {
      await proxy.end('SIGKILL')
    }
    await eventually(() => expect(instancer.snapshot().instances).toEqual([]))
  })

  it('rpcx: its beats, which write the load of the server again and again, are no change', async () => {
    const key = '/rpcx_test/Arith/tcp@10.0.0.4:8972'
    await etcd.kv.put('/rpcx_test/Arith', 'Arith')
    await etcd.kv.put(key, 'calls=1.00&weight=5')
    const { instancer, events } = await start(rpcx(), 'Arith')
    await seen(instancer, (await etcd.kv.put(key, 'calls=7.25&weight=5')).revision)
    expect(events).toHaveLength(1)
    await seen(instancer, (await etcd.kv.put(key, 'calls=7.25&state=inactive&weight=5')).revision)
    expect(instancer.snapshot()).toMatchObject({ instances: [], rejected: 0 })
  })

  it('SkyDNS: the record at the name itself is there while none is below', async () => {
    const own = '/skydns/local/cluster/pay'
    await etcd.kv.put(own, '{"host":"10.0.0.9","port":80}')
    // Neither is this name.
    await etcd.kv.put(`${own}-v2`, '{"host":"10.0.0.1"}')
    await etcd.kv.put(`${own}-v2/a`, '{"host":"10.0.0.2"}')
    const resolver = createResolver(etcd, { format: skydns(), maxAgeMs: 0 })
    const resolved = async () => (await resolver.resolve('pay.cluster.local')).instances.map(({ id }) => id)
    const { instancer, events, ids } = await start(skydns(), 'pay.cluster.local')
    expect([ids(), await resolved()]).toEqual([['@'], ['@']])
    await seen(instancer, (await etcd.kv.put(`${own}/a1`, '{"host":"10.0.0.3"}')).revision)
    expect([ids(), await resolved()]).toEqual([['a1'], ['a1']])
    await seen(instancer, (await etcd.kv.put(own, '{"host":"10.0.0.8"}')).revision)
    await seen(instancer, (await etcd.kv.delete(`${own}/a1`)).revision)
    expect(instancer.snapshot().instances).toMatchObject([{ id: '@', address: '10.0.0.8' }])
    await seen(instancer, (await etcd.kv.delete(own)).revision)
    expect([ids(), await resolved()]).toEqual([[], []])
    expect(events).toHaveLength(4)
  })
})
