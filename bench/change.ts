import { type Goal, type Row, type RowTitle, rowOf } from './comparison.ts'
import { buildPeers, type Cost, costOf, type Peer } from './discovery.ts'
import { follow } from './follow.ts'
import type { BenchOptions } from './options.ts'
import type { OrderedProcess } from './ordered-process.ts'

const sizes = [100, 1000, 10_000] as const
const changes = 50
// Longer than go-kit takes for one at 10,000, also on a busy machine: what it is late for it lists in one.
const everyMs = 60
const roundsAtMost = 5

/** A peer that follows a set, and what its rounds have cost. */
interface Follower {
  readonly peer: Peer
  readonly records: number
  readonly subscriber: OrderedProcess
  readonly costs: Cost[]
}

type Measure = 'cpuMs' | 'bytes' | 'latencyMs'

/** One instance of many changes at a time: what that costs each subscriber, and when it is told. */
export async function change({ url, rounds }: BenchOptions): Promise<Row[]> {
  const peers = await buildPeers()
  if (peers === undefined) return []
  const { ours, oursPicking, bare, goKit, naming } = peers
  await using open = new AsyncDisposableStack()
  const writer = open.use(peers.startWriter(url))
  const followers: Follower[] = []
  for (const records of sizes) {
    for (const peer of records === 10_000 ? [ours, oursPicking, bare, goKit, naming] : [ours, goKit, naming]) {
      followers.push({ peer, records, subscriber: open.use(await follow(url, writer, peer, records)), costs: [] })
    }
  }
  for (let round = 0; round < Math.min(rounds, roundsAtMost); round++) {
    // Who goes first has the colder machine.
    for (const follower of round % 2 === 0 ? followers : followers.toReversed()) {
      const { peer, records, subscriber } = follower
      const cost = await costOf(subscriber, writer, { format: peer.format, records, changes, everyMs })
      if (peer !== goKit && cost.told !== changes) {
        throw new Error(`${peer.name} was told of ${cost.told} changes of ${changes}`)
      }
      follower.costs.push({ ...cost, cpuMs: cost.cpuMs / changes, bytes: cost.bytes / changes })
    }
  }

  const costs = (peer: Peer, records: number) =>
    followers.find((follower) => follower.peer === peer && follower.records === records)?.costs ?? []
  const row = (measure: Measure, what: string, pair: readonly [readonly Cost[], readonly Cost[]], title: Title): Row =>
    rowOf(
      { bench: 'change', case: `${what}, ${title.case}`, peer: title.peer, unit: units[measure], goal: title.goal },
      pair[0].map((cost, index) => ({ ours: cost[measure], theirs: pair[1][index]?.[measure] ?? Number.NaN })),
    )
  const against = (measure: Measure, what: string, peer: Peer, records: number, goal?: Goal) =>
    row(measure, what, [costs(ours, records), costs(peer, records)], { case: sizeOf(records), peer: peer.name, goal })
  const large = 10_000
  const all = costs(ours, large)
  return [
    row('cpuMs', 'CPU', [all, costs(ours, 100)], {
      case: sizeOf(large),
      peer: 'ours, 100 instances',
      goal: { most: 2 },
    }),
    row('cpuMs', 'CPU', [costs(oursPicking, large), all], {
      case: 'and a pick',
      peer: 'ours, no pick',
      goal: { most: 2 },
    }),
    against('cpuMs', 'CPU', goKit, large, { most: 1 / 30 }),
    against('bytes', 'received', goKit, large, { most: 1 / 1000 }),
    against('latencyMs', 'put to told, p50', goKit, large, { most: 0.15 }),
    against('latencyMs', 'put to told, p50', naming, large, { most: 1.5 }),
    against('cpuMs', 'CPU', bare, large),
    against('latencyMs', 'put to told, p50', bare, large),
    ...sizes.flatMap((records) => [
      against('cpuMs', 'CPU', naming, records),
      against('bytes', 'received', naming, records),
    ]),
    ...sizes
      .slice(0, 2)
      .flatMap((records) => [against('cpuMs', 'CPU', goKit, records), against('bytes', 'received', goKit, records)]),
  ]
}

type Title = Pick<RowTitle, 'case' | 'peer' | 'goal'>

const units: Readonly<Record<Measure, string>> = { cpuMs: 'ms', bytes: 'bytes', latencyMs: 'ms' }
const sizeOf = (records: number) => `${records.toLocaleString('en')} instances`
