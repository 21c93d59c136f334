import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient } from 'etcd-edge/http-client'
import { type InstanceFormat, kitex, raw } from 'etcd-edge/instance'
import { createRegistrar, keepRegistered } from 'etcd-edge/registry'
import type { Row } from './comparison.ts'
import type { BenchOptions } from './options.ts'

const count = 1000
const minuteMs = 60_000

interface Peer {
  readonly name: string
  /** Ours writes as they do, and asks for the lease that they ask for. */
  readonly format: InstanceFormat
  /** Seconds between two looks at the own key; undefined: it never looks. */
  readonly observeSeconds?: number
}

const peers: readonly Peer[] = [
  { name: 'go-kit 0.13', format: raw({ prefix: '/bench/register' }) },
  { name: 'Kitex registry-etcd 0.2.6', format: kitex({ prefix: 'bench/register' }), observeSeconds: 30 },
]

/**
 * 1,000 instances of one process: to register them, and that and their upkeep for a minute, in requests. Ours are counted on
 * their way out. Both peers have a lease and a put for each instance, and keep each lease alive by itself
 * (`sd/etcdv3/client.go`, `etcd_registry.go`); what that makes is derived from clientv3, in their favour.
 */
export async function register({ url }: BenchOptions): Promise<Row[]> {
  const rows = await Promise.all(peers.map((peer) => comparePeer(url, peer)))
  return rows.flat()
}

async function comparePeer(url: string, { name, format, observeSeconds }: Peer): Promise<Row[]> {
  let requests = 0
  const etcd = createEtcdClient({
    endpoints: [url],
    fetch: (input, init) => {
      requests += 1
      return fetch(input, init)
    },
  })
  const startedAt = performance.now()
  const instances = Array.from({ length: count }, (_, index) => ({ service: 'web', address: `10.0.0.7:${index + 1}` }))
  const group = await keepRegistered(createRegistrar(etcd, { format }), instances)
  const atFirst = requests
  await sleep(minuteMs - (performance.now() - startedAt))
  const inAMinute = requests
  if (group.status().registrations.length !== count) throw new Error('not all of them have stayed registered')
  await group.close()

  const upkeep = keepAlivesPerMinute(format.defaults.ttlSeconds) + (observeSeconds ? 60 / observeSeconds - 1 : 0)
  const row = (what: string, ours: number, theirs: number): Row => ({
    bench: 'register',
    case: what,
    peer: name,
    ours,
    theirs,
    unit: 'requests',
    ratio: ours / theirs,
    spread: 0,
    goal: '≤ 0.01',
    holds: ours / theirs <= 0.01,
  })
  return [
    row('1,000 instances, to register them', atFirst, 2 * count),
    row('1,000 instances, and to keep them for a minute', inAMinute, (2 + upkeep) * count),
  ]
}

/**
 * clientv3 sends the first at once, and each other a third of the TTL after the last answer, when its loop comes round, which
 * is every 500 ms (`client/v3/lease.go`).
 */
function keepAlivesPerMinute(ttlSeconds: number): number {
  return 1 + Math.floor(60 / (ttlSeconds / 3 + 0.5))
}
