import { type Row, rowOf } from './comparison.ts'
import { buildPeers, costOf } from './discovery.ts'
import { follow } from './follow.ts'
import type { BenchOptions } from './options.ts'

const records = 10_000
const changes = 100

/** 100 instances of 10,000 change at once, each by a put of its own: the CPU that it takes a subscriber to be up to date again. */
export async function burst({ url, rounds }: BenchOptions): Promise<Row[]> {
  const peers = await buildPeers()
  if (peers === undefined) return []
  await using open = new AsyncDisposableStack()
  const writer = open.use(peers.startWriter(url))
  const rows: Row[] = []
  const ours = open.use(await follow(url, writer, peers.ours, records))
  for (const { peer, goal } of [{ peer: peers.goKit, goal: { most: 1 / 60 } }, { peer: peers.naming }]) {
    const theirs = open.use(await follow(url, writer, peer, records))
    const measured: { ours: number; theirs: number }[] = []
    for (let round = 0; round < Math.min(rounds, 7); round++) {
      const ofOurs = await costOf(ours, writer, { format: 'raw', records, changes })
      const ofTheirs = await costOf(theirs, writer, { format: peer.format, records, changes })
      if (ofOurs.told !== changes) throw new Error(`ours was told of ${ofOurs.told} changes of ${changes}`)
      measured.push({ ours: ofOurs.cpuMs, theirs: ofTheirs.cpuMs })
    }
    rows.push(
      rowOf({ bench: 'burst', case: 'CPU, 100 changes of 10,000', peer: peer.name, unit: 'ms', goal }, measured),
    )
  }
  return rows
}
