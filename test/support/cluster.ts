import { setTimeout as sleep } from 'node:timers/promises'
import { type Etcd, startEtcd } from './etcd.ts'
import { freePort } from './free-port.ts'
import type { NetworkFault } from './network-fault.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

export interface ClusterMember {
  readonly name: string
  /** The member itself, with the URL that no fault touches. */
  readonly etcd: Etcd
  /** Between clients and the member: `clients.url` is where clients that are to notice faults go. */
  readonly clients: TcpProxy
  /** Between the other members and the member. */
  readonly peers: TcpProxy
}

/** An etcd cluster on loopback whose members talk to each other, and to clients, through proxies. */
export interface Cluster extends AsyncDisposable {
  readonly members: readonly ClusterMember[]
  /** For clients, through the proxies. */
  readonly urls: readonly string[]
  /** The member that the majority takes for its leader, once there is one. */
  leader(): Promise<ClusterMember>
  /** Those that run and do not lead. */
  followers(): Promise<readonly ClusterMember[]>
  /** Breaks what goes from and to the member, other members and clients alike. */
  partition(member: ClusterMember, fault: NetworkFault): Promise<void>
  /** As `partition`, but clients still reach the member. */
  isolate(member: ClusterMember, fault?: NetworkFault): Promise<void>
  /** Takes all faults away. */
  heal(): Promise<void>
  /** Restarts one member after the other, each when the one before is healthy again. */
  rollingRestart(): Promise<void>
  stop(): Promise<void>
}

export interface ClusterOptions {
  readonly binary: string
  readonly size?: number
  /** More arguments, for every member. */
  readonly args?: readonly string[]
}

const electionMs = 10_000

export async function startCluster({ binary, size = 3, args = [] }: ClusterOptions): Promise<Cluster> {
  const members = await startMembers(binary, size, args)
  const stop = async () => {
    await Promise.all(members.map((member) => stopMember(member)))
  }
  const leader = async () => {
    const deadline = Date.now() + electionMs
    for (;;) {
      const found = await findLeader(members)
      if (found !== undefined) return found
      if (Date.now() > deadline) throw new Error('the cluster has no leader')
      await sleep(50)
    }
  }
  const isolate = async (member: ClusterMember, fault: NetworkFault = { kind: 'stall' }) => {
    const id = BigInt((await status(member)).header.member_id).toString(16)
    // Other members are dialed at one address by all of their peers: who it is, a peer says in a header.
    const fromMember = (opening: string) => opening.toLowerCase().includes(`x-server-from: ${id}\r\n`)
    for (const other of members) other.peers.setFault(fault, other === member ? undefined : fromMember)
  }
  return {
    members,
    urls: members.map(({ clients }) => clients.url),
    leader,
    async followers() {
      const first = await leader()
      return members.filter((member) => member !== first)
    },
    async partition(member, fault) {
      await isolate(member, fault)
      member.clients.setFault(fault)
    },
    isolate,
    async heal() {
      await Promise.all(members.flatMap(({ clients, peers }) => [clients.restore(), peers.restore()]))
    },
    async rollingRestart() {
      for (const { etcd } of members) {
        await etcd.kill('SIGTERM')
        await etcd.restart()
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function startMembers(binary: string, size: number, args: readonly string[]): Promise<ClusterMember[]> {
  const planned = await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const peerPort = await freePort()
      return { name: `m${index}`, peerPort, peers: await startTcpProxy(`http://127.0.0.1:${peerPort}`) }
    }),
  )
  const everyone = planned.map(({ name, peers }) => `${name}=${peers.url}`).join(',')
  return await Promise.all(
    planned.map(async ({ name, peerPort, peers }) => {
      const own = [`--name=${name}`, `--initial-cluster=${everyone}`, `--initial-advertise-peer-urls=${peers.url}`]
      const etcd = await startEtcd({ binary, peerPort, args: [...own, ...args] })
      return { name, etcd, peers, clients: await startTcpProxy(etcd.url) }
    }),
  )
}

async function stopMember({ etcd, clients, peers }: ClusterMember): Promise<void> {
  await etcd.stop()
  await clients[Symbol.asyncDispose]()
  await peers[Symbol.asyncDispose]()
}

/** The member that more than half of the members name, itself among them. */
async function findLeader(members: readonly ClusterMember[]): Promise<ClusterMember | undefined> {
  const answers = await Promise.all(members.map((member) => status(member).catch(() => undefined)))
  return members.find((_, index) => {
    const id = answers[index]?.header.member_id
    return id !== undefined && answers.filter((answer) => answer?.leader === id).length * 2 > members.length
  })
}

interface Status {
  readonly leader?: string
  readonly header: { readonly member_id: string }
}

async function status({ etcd }: ClusterMember): Promise<Status> {
  const init = { method: 'POST', body: '{}', signal: AbortSignal.timeout(1000) }
  const response = await fetch(`${etcd.url}/v3/maintenance/status`, init)
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as Status
}
