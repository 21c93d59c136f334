import { compare, createEtcdClient, op, randomLeaseId, type WatchState } from 'etcd-edge/http-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, type ClusterMember, startCluster } from '../support/cluster.ts'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { watchInBackground } from './watching.ts'

/** How long etcd itself waits for a quorum: 5 s and two election timeouts. */
const requestMs = 7000

describeWithNewestEtcd('a member without a quorum', ({ path: binary }) => {
  let cluster: Cluster
  let member: ClusterMember
  const leaseId = randomLeaseId()
  let revision = 0

  const client = (requireLeader = true) => createEtcdClient({ endpoints: [member.etcd.url], requireLeader })
  const states: Record<'demanding' | 'plain', WatchState['state'][]> = { demanding: [], plain: [] }
  const watches = { demanding: [] as readonly string[], plain: [] as readonly string[] }
  const open: AsyncDisposable[] = []

  const watch = async (name: 'demanding' | 'plain') => {
    const onState = ({ state }: WatchState) => states[name].push(state)
    const watching = watchInBackground(
      client(name === 'demanding').watch({ prefix: '/w/', startRevision: revision, onState }),
    )
    open.push(watching)
    await eventually(() => expect(watching.values()).toEqual(['before']))
    Object.defineProperty(watches, name, { get: () => watching.values() })
  }

  beforeAll(async () => {
    cluster = await startCluster({ binary })
    const [follower, other] = await cluster.followers()
    if (follower === undefined || other === undefined) throw new Error('a cluster of three has two followers')
    member = follower
    await client().lease.grant(300, { leaseId })
    revision = (await client().kv.put('/w/a', 'before')).revision
    await Promise.all([watch('demanding'), watch('plain')])
    await other.etcd.kill()
    await (await leaderOf(cluster, member, other)).etcd.kill()
  })
  afterAll(async () => {
    for (const each of open) await each[Symbol.asyncDispose]()
    await cluster?.stop()
  })

  const noLeader = { code: 'UNAVAILABLE', retryable: true, message: /no leader/ }

  describe('and a client that demands a leader', () => {
    test('S16 hears of it on an open watch after three election timeouts', async () => {
      await eventually(() => expect(states.demanding).toEqual(['connected', 'interrupted']))
    })

    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      'a linearizable read': () => client().kv.get('/w/a'),
      'a put': () => client().kv.put('/w/a', '1'),
      'a grant': () => client().lease.grant(60),
      'a keep-alive': () => client().lease.keepAliveOnce(leaseId),
      'the time to live': () => client().lease.timeToLive(leaseId),
      'the list of alarms': () => client().maintenance.alarmList(),
    }
    test.each(Object.entries(calls))('S14 is refused %s at once, and it was surely not run', async (_name, call) => {
      await expect(call()).rejects.toMatchObject({ ...noLeader, notExecuted: true, endpoint: member.etcd.url })
    })

    test('S12 still reads what the member has, when it says that this will do', async () => {
      expect(await client().kv.get('/w/a', { serializable: true })).toMatchObject({ value: 'before' })
      expect((await client().kv.list({ prefix: '/w/', serializable: true })).count).toBe(1)
    })

    test('asks the member about itself all the same', async () => {
      expect(await client().status()).toMatchObject({ leaderId: '0' })
      expect(await client().cluster.memberList()).toHaveLength(3)
    })
  })

  describe.concurrent('and a client that demands none', () => {
    const patient = { timeoutMs: 2 * requestMs + 4000 }

    test('S11 gives a read up after its own deadline, and says where', async () => {
      const start = performance.now()
      const late = { code: 'DEADLINE', retryable: true, endpoint: member.etcd.url, message: /no answer from/ }
      await expect(client(false).kv.get('/w/a')).rejects.toMatchObject(late)
      expect(performance.now() - start).toBeGreaterThan(2900)
    })

    test('S13 hears of a put and a grant after 7 s that nobody knows whether they ran', async () => {
      const unknown = { code: 'DEADLINE', notExecuted: false, endpoint: member.etcd.url }
      const put = client(false).kv.put('/w/b', '1', patient)
      const grant = client(false).lease.grant(60, patient)
      const outcomes = await Promise.allSettled([put, grant])
      for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: unknown })
      expect(outcomes).toMatchObject([{ reason: { message: /context deadline exceeded/ } }, {}])
    })

    test('S15 hears of a keep-alive that nobody could tell whether the lease lives', async () => {
      await expect(client(false).lease.keepAliveOnce(leaseId, { timeoutMs: requestMs + 2000 })).rejects.toMatchObject({
        retryable: true,
        endpoint: member.etcd.url,
      })
    })

    test('S12 is not given an old answer to a transaction that only compares', async () => {
      const commit = client(false)
        .kv.txn()
        .if(compare.value('/w/a', '=', 'before'))
        .commit()
      await expect(commit).rejects.toMatchObject({ retryable: true })
    })

    test('S12 is given no answer to a transaction that only reads', async () => {
      const commit = client(false).kv.txn().then(op.get('/w/a')).commit()
      await expect(commit).rejects.toMatchObject({ retryable: true })
    })

    test('S16 sees an open watch go on in silence', () => {
      expect(states.plain).toEqual(['connected'])
    })
  })

  test('S16 when the quorum is back both watches see what follows, once', async () => {
    const dead = cluster.members.filter((other) => other !== member)
    await Promise.all(dead.map(({ etcd }) => etcd.restart()))
    await eventually(() => client().kv.put('/w/after', 'after'))
    const seen = () => [...watches.demanding, ...watches.plain].filter((value) => value !== '1')
    await eventually(() => expect(seen()).toEqual(['before', 'after', 'before', 'after']))
  })
})

/** The leader is the one that is neither of two followers. */
async function leaderOf(cluster: Cluster, ...followers: readonly ClusterMember[]): Promise<ClusterMember> {
  const leader = cluster.members.find((member) => !followers.includes(member))
  if (leader === undefined) throw new Error('no member is left')
  return leader
}
