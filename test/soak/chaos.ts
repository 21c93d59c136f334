import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, ClusterMember } from '../support/cluster.ts'
import type { NetworkFault } from '../support/network-fault.ts'

const networkFaults: readonly NetworkFault[] = [
  { kind: 'stall' },
  { kind: 'reset' },
  { kind: 'half-close' },
  { kind: 'delay', ms: 100 },
  { kind: 'cut', bytes: 5000 },
]

/** One fault after the other, with a pause for recovery between them, until the signal is aborted. Gives how many of each. */
export async function wreak(cluster: Cluster, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  while (!signal.aborted) {
    const member = pick(cluster.members)
    const name = await harm(cluster, member)
    counts.set(name, (counts.get(name) ?? 0) + 1)
    await cluster.leader()
    await pause(2000, signal)
  }
  return counts
}

async function harm(cluster: Cluster, member: ClusterMember): Promise<string> {
  const kind = Math.floor(Math.random() * (networkFaults.length + 2))
  const fault = networkFaults[kind]
  if (fault !== undefined) {
    await cluster.partition(member, fault)
    await sleep(3000)
    await cluster.heal()
    return fault.kind
  }
  const signal = kind === networkFaults.length ? 'SIGKILL' : 'SIGTERM'
  await member.etcd.kill(signal)
  await sleep(1000)
  await member.etcd.restart()
  return signal
}

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {})
