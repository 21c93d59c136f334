import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient } from 'etcd-edge/http-client'
import type { Cluster } from '../support/cluster.ts'

/** What is there at etcd although nobody uses it any more. */
export interface Leftovers {
  readonly watchers: number
  readonly leases: number
}

/** Longer than the leases of the soak live, leader changes included. */
const expiryMs = 15_000

export async function findLeftovers({ members }: Cluster): Promise<Leftovers> {
  const deadline = Date.now() + expiryMs
  for (;;) {
    const left = { watchers: await countWatchers(members), leases: await countLeases(members) }
    if ((left.watchers === 0 && left.leases === 0) || Date.now() > deadline) return left
    await sleep(500)
  }
}

async function countWatchers(members: Cluster['members']): Promise<number> {
  const counts = members.map(async ({ etcd }) => (await etcd.metrics()).get('etcd_debugging_mvcc_watcher_total') ?? 0)
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}

async function countLeases(members: Cluster['members']): Promise<number> {
  const etcd = createEtcdClient({ endpoints: members.map(({ etcd }) => etcd.url) })
  return (await etcd.lease.list()).length
}

/** The size of the heap without garbage; run Node with `--expose-gc`. */
export async function heapBytes(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.()
    await sleep(20)
  }
  return process.memoryUsage().heapUsed
}

/**
 * Timers of this process. Its sockets are those of the proxies as well, which may keep one that was destroyed while it was
 * stalled: the leak test of `test/http-client` counts sockets, without proxies.
 */
export async function findTimers(): Promise<number> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const { length } = process.getActiveResourcesInfo().filter((name) => name === 'Timeout')
    if (length === 0 || Date.now() > deadline) return length
    await sleep(100)
  }
}
