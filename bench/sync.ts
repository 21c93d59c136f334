import { compare, type Goal, type Row } from './comparison.ts'
import { buildPeers, type Peer, prefixOf } from './discovery.ts'
import type { BenchOptions } from './options.ts'
import type { OrderedProcess } from './ordered-process.ts'

const records = 10_000

/** The first set of 10,000 instances, on an open connection: until it can be used. */
export async function sync({ url, rounds }: BenchOptions): Promise<Row[]> {
  const peers = await buildPeers()
  if (peers === undefined) return []
  await using open = new AsyncDisposableStack()
  const writer = open.use(peers.startWriter(url))
  const ours = open.use(peers.ours.start(url))
  const rows: Row[] = []
  const row = async (name: 'sync' | 'resolve', peer: string, goal: Goal | undefined, theirs: () => Promise<number>) =>
    rows.push(
      await compare({
        bench: 'sync',
        case: `${name === 'sync' ? 'instancer.ready()' : 'resolver.resolve()'}, 10,000 instances`,
        peer,
        unit: 'ms',
        goal,
        rounds,
        ours: first(ours, name, peers.ours),
        theirs,
      }),
    )
  await writer.order({ do: 'fill', prefix: prefixOf('raw', records), format: 'raw', records })
  for (const name of ['sync', 'resolve'] as const) {
    await row(name, 'bare fetch + JSON.parse', { most: 1.2 }, first(ours, 'bare', peers.ours))
  }
  for (const { peer, goal } of [
    { peer: peers.naming, goal: { most: 2 } },
    { peer: peers.kitex },
    { peer: peers.goKit },
  ]) {
    const prefix = prefixOf(peer.format, records)
    // Kitex has a prefix of its own.
    const stored = peer === peers.kitex ? `kitex/registry-etcd/${prefix}` : prefix
    await writer.order({ do: 'fill', prefix: stored, format: peer.format, records })
    await row('sync', peer.name, goal, first(open.use(peer.start(url)), 'sync', peer))
  }
  return rows
}

function first(subscriber: OrderedProcess, what: string, { name, format }: Peer): () => Promise<number> {
  return async () => {
    const order = { do: what, prefix: prefixOf(format, records) }
    const { instances, ms } = await subscriber.order<{ readonly instances: number; readonly ms: number }>(order)
    if (instances !== records) throw new Error(`${name} has found ${instances} of ${records} instances`)
    return ms
  }
}
