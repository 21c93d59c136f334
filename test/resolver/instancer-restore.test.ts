import { createEtcdClient } from 'etcd-edge/http-client'
import { createInstancer, createResolver, type InstancerEvent } from 'etcd-edge/resolver'
import { expect, it } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { backUp } from '../support/restored-etcd.ts'

const record = (port: number) => JSON.stringify({ address: `10.0.0.1:${port}` })

describeWithNewestEtcd('when etcd is restored from a backup', (binary) => {
  it.each([
    ['as itself', []],
    ['as another cluster', ['--initial-cluster-token=another']],
  ])('%s the instancer shows what the backup holds, goes on from there, and so does the resolver', async (_, flags) => {
    await using etcd = await startEtcd({ binary: binary.path })
    const client = createEtcdClient({ endpoints: [etcd.url] })
    await client.kv.put('/services/web/a', record(1))
    await client.kv.put('/services/web/b', record(2))
    await using backup = await backUp(etcd, binary)
    await client.kv.put('/services/web/c', record(3))
    await client.kv.delete('/services/web/a')
    for (let weight = 0; weight < 10; weight++) await client.kv.put('/elsewhere', String(weight))

    await using instancer = createInstancer(client, 'web')
    const events: InstancerEvent[] = []
    instancer.subscribe((event) => events.push(event))
    const resolver = createResolver(client, { maxAgeMs: 0 })
    const ids = () => instancer.snapshot().instances.map(({ id }) => id)
    await instancer.ready()
    const before = await resolver.resolve('web')
    expect([ids(), before.instances.map(({ id }) => id)]).toEqual([
      ['b', 'c'],
      ['b', 'c'],
    ])

    await backup.restore(flags)
    await eventually(() => expect(ids()).toEqual(['a', 'b']))
    expect(instancer.snapshot()).toMatchObject({ stale: false })
    expect(instancer.snapshot().revision).toBeLessThan(before.revision)
    expect(events.at(-1)).toMatchObject({ change: { added: [{ id: 'a' }], updated: [], removed: [{ id: 'c' }] } })
    await client.kv.put('/services/web/d', record(4))
    await eventually(() => expect(ids()).toEqual(['a', 'b', 'd']))
    expect((await resolver.resolve('web')).instances.map(({ id }) => id)).toEqual(['a', 'b', 'd'])
  })
})
