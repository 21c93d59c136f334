import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient, type WatchState } from 'etcd-edge/http-client'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Cluster, type ClusterMember, startCluster } from '../support/cluster.ts'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { eventually } from '../support/eventually.ts'
import type { NetworkFault } from '../support/network-fault.ts'
import { startCountingWriter } from './counting-writer.ts'
import { flawsOf } from './sequence.ts'
import { watchInBackground } from './watching.ts'

interface Fault {
  readonly name: string
  /** Does harm; what it gives undoes it. */
  begin(cluster: Cluster): Promise<() => Promise<unknown>>
}

/** How long a fault lasts that does not end by itself. */
const faultMs = 3000

const partitioned =
  (who: 'leader' | 'follower', fault: NetworkFault): Fault['begin'] =>
  async (cluster) => {
    const member = who === 'leader' ? await cluster.leader() : (await cluster.followers())[0]
    await cluster.partition(member as ClusterMember, fault)
    return () => cluster.heal()
  }

const faults: readonly Fault[] = [
  {
    name: 'the leader is killed',
    async begin(cluster) {
      const { etcd } = await cluster.leader()
      await etcd.kill()
      return () => etcd.restart()
    },
  },
  { name: 'the leader is partitioned: stall', begin: partitioned('leader', { kind: 'stall' }) },
  { name: 'a follower is partitioned: stall', begin: partitioned('follower', { kind: 'stall' }) },
  { name: 'the leader is partitioned: reset', begin: partitioned('leader', { kind: 'reset' }) },
  { name: 'a follower is partitioned: reset', begin: partitioned('follower', { kind: 'reset' }) },
  { name: 'a follower is partitioned: half-close', begin: partitioned('follower', { kind: 'half-close' }) },
  { name: 'the leader is far away: delay of 300 ms', begin: partitioned('leader', { kind: 'delay', ms: 300 }) },
  {
    name: 'a follower is cut off from its peers only',
    async begin(cluster) {
      await cluster.isolate((await cluster.followers())[0] as ClusterMember)
      return () => cluster.heal()
    },
  },
  {
    name: 'every connection of a client is cut after 1500 bytes',
    async begin(cluster) {
      for (const { clients } of cluster.members) clients.setFault({ kind: 'cut', bytes: 1500 })
      return () => cluster.heal()
    },
  },
  {
    name: 'the members are restarted one by one',
    async begin(cluster) {
      await cluster.rollingRestart()
      return async () => {}
    },
  },
]

describeWithNewestEtcd(
  'a watcher sees every value once and in order, and a writer writes on, while',
  ({ path: binary }) => {
    let cluster: Cluster
    const table: string[][] = [
      ['fault', 'values', 'writer: retries, slowest', 'watchers: interrupted by', 'lost', 'duplicated'],
    ]

    beforeAll(async () => {
      cluster = await startCluster({ binary })
    })
    afterEach(() => cluster.heal())
    afterAll(async () => {
      await cluster?.stop()
      console.log(table.map((row) => row.join(' | ')).join('\n'))
    })

    /** A client of all members that begins with the given one. */
    const clientFrom = (index: number) => {
      vi.spyOn(Math, 'random').mockReturnValueOnce(index / cluster.urls.length)
      return createEtcdClient({ endpoints: cluster.urls, timeoutMs: 2000 })
    }

    test.each(faults)('$name', { timeout: 120_000 }, async ({ name, begin }) => {
      const key = `/count/${name}`
      const interruptions: string[] = []
      const onState = (state: WatchState) => state.state === 'interrupted' && interruptions.push(state.error.code)
      const { revision } = await clientFrom(0).kv.list({ prefix: key, countOnly: true })
      const options = { key, startRevision: revision + 1, idleMs: 1000, headerTimeoutMs: 1000, onState }
      const watchers = cluster.members.map((_, index) => watchInBackground(clientFrom(index).watch(options)))
      const writer = startCountingWriter(clientFrom(1), key)
      const atLeast = (count: number) => expect(writer.written()).toBeGreaterThanOrEqual(count)

      await eventually(() => atLeast(20))
      const end = await begin(cluster)
      await sleep(faultMs)
      await end()
      const before = writer.written()
      await eventually(() => atLeast(before + 20))
      const last = await writer.stop()

      await eventually(() => {
        for (const watcher of watchers) expect(watcher.values().at(-1)).toBe(String(last))
      })
      const flaws = watchers.map((watcher) => flawsOf(watcher.values(), last))
      const total = (flaw: 'lost' | 'duplicated') => String(flaws.reduce((sum, each) => sum + each[flaw], 0))
      const codes = Map.groupBy(interruptions, (code) => code)
      const reasons = [...codes].map(([code, { length }]) => `${code} ×${length}`).join(', ') || 'nothing'
      const wrote = `${writer.retries()}, ${Math.round(writer.slowestMs())} ms`
      table.push([name, String(last), wrote, reasons, total('lost'), total('duplicated')])
      for (const watcher of watchers) await watcher[Symbol.asyncDispose]()
      for (const flaw of flaws) expect(flaw).toEqual({ lost: 0, duplicated: 0, disordered: 0 })
    })
  },
)
