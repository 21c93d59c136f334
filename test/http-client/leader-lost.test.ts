import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient, randomLeaseId } from 'etcd-edge/http-client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Cluster, type ClusterMember, startCluster } from '../support/cluster.ts'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import { watchInBackground } from './watching.ts'

describeWithNewestEtcd('when the leader is killed', ({ path: binary }) => {
  let cluster: Cluster
  let leader: ClusterMember
  let follower: ClusterMember
  beforeAll(async () => {
    cluster = await startCluster({ binary })
  })
  afterAll(async () => {
    await cluster?.stop()
  })
  beforeEach(async () => {
    leader = await cluster.leader()
    follower = (await cluster.followers())[0] as ClusterMember
  })

  const client = (...members: readonly ClusterMember[]) =>
    createEtcdClient({ endpoints: members.map(({ etcd }) => etcd.url) })
  /** Kills the leader, looks what happens, and brings it back. */
  const withoutLeader = async (look: () => Promise<void>) => {
    await leader.etcd.kill()
    await look().finally(() => leader.etcd.restart())
  }

  test('S17 a put that is sent to a follower at once is of unknown outcome', async () => {
    const etcd = client(follower)
    await etcd.kv.get('/a')
    await withoutLeader(async () => {
      const put = etcd.kv.put('/s17', '1', { timeoutMs: 20_000 })
      // Unless a new leader is there before the member has noticed that the old one is gone.
      await put.catch((error: unknown) =>
        expect(error).toMatchObject({ retryable: true, endpoint: follower.etcd.url, code: /UNAVAILABLE|DEADLINE/ }),
      )
    })
  })

  test('S17 a put that may be repeated is written once there is a new leader', async () => {
    const etcd = client(...cluster.members)
    await withoutLeader(async () => {
      await eventually(() => etcd.kv.put('/s17', '2', { idempotent: true, timeoutMs: 5000 }))
      expect(await etcd.kv.get('/s17')).toMatchObject({ value: '2' })
    })
  })

  test('S18 a watch on a follower goes on without an interruption', async () => {
    const states: string[] = []
    const onState = ({ state }: { state: string }) => states.push(state)
    await using watching = watchInBackground(client(follower).watch({ prefix: '/s18/', startRevision: 1, onState }))
    await eventually(() => expect(states).toEqual(['connected']))
    await withoutLeader(async () => {
      await eventually(() => client(follower).kv.put('/s18/a', 'after', { timeoutMs: 2000 }))
      await eventually(() => expect(watching.values()).toContain('after'))
      expect(states).toEqual(['connected'])
    })
  })

  test('S19 a lease has its whole time again', async () => {
    const etcd = client(follower)
    const leaseId = randomLeaseId()
    await etcd.lease.grant(20, { leaseId })
    await sleep(4000)
    expect((await etcd.lease.timeToLive(leaseId)).ttlSeconds).toBeLessThanOrEqual(16)
    await withoutLeader(async () => {
      const left = await eventually(() => etcd.lease.timeToLive(leaseId, { timeoutMs: 2000 }))
      expect(left.ttlSeconds).toBeGreaterThanOrEqual(18)
    })
    await etcd.lease.revoke(leaseId)
  })
})
