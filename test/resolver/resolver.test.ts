import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient, op } from '../../src/http-client/index.ts'
import { skydns } from '../../src/instance/index.ts'
import { createResolver } from '../../src/resolver/index.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'

describeWithEtcd('a cached resolver on etcd', () => {
  let server: Etcd
  let etcd: EtcdClient
  const record = (address: string) => JSON.stringify({ address })

  beforeAll(async () => {
    server = await startEtcd()
    etcd = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(() => etcd.kv.delete({ prefix: '' }))

  it('resolveMany never sees one of two services before and the other after a change of both', async () => {
    const write = (port: number) =>
      etcd.kv
        .txn()
        .then(
          op.put('/services/s0/a', record(`10.0.0.1:${port}`)),
          op.put('/services/s299/a', record(`10.0.0.2:${port}`)),
        )
        .commit()
    await write(1)
    // More than go into one request, so that the last is read later than the first.
    const names = Array.from({ length: 300 }, (_, index) => `s${index}`)
    const resolver = createResolver(etcd, { maxAgeMs: 0 })
    let isDone = false
    const writing = (async () => {
      for (let port = 2; !isDone; port++) await write(port)
    })()
    const seen = new Set<string | undefined>()
    for (let round = 0; round < 20; round++) {
      const snapshots = await resolver.resolveMany(names)
      const ports = [snapshots[0], snapshots[299]].map((each) => each?.instances[0]?.address.split(':')[1])
      expect(ports[0]).toBe(ports[1])
      expect(new Set(snapshots.map(({ revision }) => revision)).size).toBe(1)
      seen.add(ports[0])
    }
    isDone = true
    await writing
    expect(seen.size).toBeGreaterThan(1)
  })

  it('resolveMany reads what resolve does, the key of a name itself included', async () => {
    await etcd.kv.put('/skydns/local/cluster/pay', '{"host":"10.0.0.1","port":80}')
    await etcd.kv.put('/skydns/local/cluster/web/a', '{"host":"10.0.0.2","port":80}')
    const names = ['pay.cluster.local', 'web.cluster.local', 'nobody.cluster.local'] as const
    const [pay, web, nobody] = await createResolver(etcd, { format: skydns() }).resolveMany(names)
    const single = createResolver(etcd, { format: skydns() })
    expect(pay.instances).toEqual((await single.resolve(names[0])).instances)
    expect([pay, web, nobody].map(({ instances }) => instances.map(({ address }) => address))).toEqual([
      ['10.0.0.1:80'],
      ['10.0.0.2:80'],
      [],
    ])
  })

  it('a mass expiry with onEmpty: all who were there stay for keepLastMs, and are believed gone by "strong" at once', async () => {
    const resolver = createResolver(etcd, { maxAgeMs: 0, onEmpty: { keepLastMs: 600_000 } })
    const leases = []
    for (let index = 0; index < 20; index++) {
      const { leaseId } = await etcd.lease.grant(600)
      leases.push(leaseId)
      await etcd.kv.put(`/services/web/i${index + 10}`, record('10.0.0.1:80'), { leaseId })
    }
    const last = await resolver.resolve('web')
    expect(last.instances).toHaveLength(20)
    // One after the other, as etcd ends leases; the resolver looks in between.
    for (const leaseId of leases) {
      await etcd.lease.revoke(leaseId)
      await resolver.resolve('web')
    }
    const kept = await resolver.resolve('web')
    expect(kept).toMatchObject({ stale: true })
    expect(kept.instances).toEqual(last.instances)
    expect((await resolver.resolve('web', { consistency: 'strong' })).instances).toEqual([])
    await etcd.kv.put('/services/web/new', record('10.0.0.9:80'))
    expect(await resolver.resolve('web')).toMatchObject({ stale: false, instances: [{ id: 'new' }] })
  })

  it('etcd killed while many call: none waits but the one that asks, and all have the last good set', async () => {
    await using own = await startEtcd()
    const client = createEtcdClient({ endpoints: [own.url] })
    await client.kv.put('/services/web/a', record('10.0.0.1:80'))
    const resolver = createResolver(client, { maxAgeMs: 50 })
    await resolver.resolve('web')
    await own.kill()
    await eventually(async () => expect((await resolver.resolve('web')).stale).toBe(true))
    const all = await Promise.all(Array.from({ length: 50 }, () => resolver.resolve('web')))
    expect(new Set(all.map(({ stale, instances }) => `${stale} ${instances[0]?.id}`))).toEqual(new Set(['true a']))
  })
})
