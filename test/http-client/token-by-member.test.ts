import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { callLog } from './call-log.ts'
import { appLogin, enableAuth } from './guarded-etcd.ts'
import { flawsOf } from './sequence.ts'
import { watchInBackground } from './watching.ts'

/** Long enough for a member to forget a token that is not used on it. */
const unusedMs = 4000

describeWithNewestEtcd('the tokens of a client of several members', ({ path: binary }) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster({ binary, args: ['--auth-token-ttl=2'] })
    const root = { username: 'root', password: 'root-secret' }
    await enableAuth(createEtcdClient({ endpoints: cluster.urls, auth: root }))
  })
  afterAll(async () => {
    await cluster?.stop()
  })

  const useFor = async (etcd: EtcdClient, ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end; ) {
      await etcd.kv.get('/app/a')
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }

  test('S6 one is kept for each member, which forgets what is not used on it', async () => {
    const log = callLog()
    const etcd = createEtcdClient({ endpoints: cluster.urls, auth: appLogin, observer: log.observer })
    await etcd.kv.put('/app/a', '1')
    await useFor(etcd, unusedMs)
    expect(log.count('auth/authenticate')).toBe(1)
    const used = cluster.members.find(({ clients }) => clients.url === log.responses[0]?.endpoint)
    await used?.clients.cut()
    expect(await etcd.kv.get('/app/a')).toMatchObject({ value: '1' })
    await etcd.kv.put('/app/a', '2')
    expect(log.count('auth/authenticate')).toBe(2)
    await cluster.heal()
  })

  test('S6 a watch that moves from one member to the next logs in where it has to, and misses nothing', async () => {
    const etcd = createEtcdClient({ endpoints: cluster.urls, auth: appLogin })
    const { revision } = await etcd.kv.put('/app/w', '1')
    await using watching = watchInBackground(etcd.watch({ key: '/app/w', startRevision: revision, idleMs: 500 }))
    for (let value = 2; value <= 6; value++) {
      await useFor(etcd, 600)
      const { clients } = cluster.members[value % 3] ?? {}
      await clients?.cut()
      await etcd.kv.put('/app/w', String(value), { idempotent: true })
      await cluster.heal()
    }
    await eventually(() => expect(watching.values().at(-1)).toBe('6'))
    expect(flawsOf(watching.values(), 6)).toMatchObject({ lost: 0, disordered: 0 })
  })
})
