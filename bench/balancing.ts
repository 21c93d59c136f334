import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { compare, type Goal, type Row } from './comparison.ts'
import { buildGoKit, type GoKit } from './go-kit.ts'
import type { BenchOptions } from './options.ts'

/** A case of `balancing-round.ts` against one of go-kit's. */
interface Pair {
  readonly ours: string
  readonly theirs: string
  readonly case: string
  readonly peer: string
  readonly goal: Goal
}

const picks: readonly Pair[] = [
  {
    ours: 'pick-endpointer',
    theirs: 'pick-endpointer',
    case: 'endpoints of a live set',
    peer: 'go-kit, sd.NewEndpointer',
    goal: { least: 1 },
  },
  {
    ours: 'pick-instancer',
    theirs: 'pick-endpointer',
    case: 'instances of a live set',
    peer: 'go-kit, sd.NewEndpointer',
    goal: { least: 1 },
  },
  // A bare slice there: no weight, zone, ejection or exclusion to look at.
  { ours: 'pick-list', theirs: 'pick', case: 'a list', peer: 'go-kit, sd.FixedEndpointer', goal: { least: 0.5 } },
]

const call: Pair = {
  ours: 'retry',
  theirs: 'retry',
  case: 'an endpoint that does nothing',
  peer: 'go-kit, lb.Retry',
  goal: { least: 1 },
}

/** Round robin alone, without calling what was picked. */
export async function pick({ rounds }: BenchOptions): Promise<Row[]> {
  const goKit = await buildGoKit()
  if (goKit === undefined) return []
  const rows: Row[] = []
  for (const pair of picks) {
    for (const instances of [10, 1000]) {
      rows.push(await against(goKit, 'pick', pair, instances, { rounds, operations: 10_000_000 }))
    }
  }
  return rows
}

/** What calling through `retry` costs. */
export async function retry({ rounds }: BenchOptions): Promise<Row[]> {
  const goKit = await buildGoKit()
  return goKit === undefined ? [] : [await against(goKit, 'retry', call, 10, { rounds, operations: 300_000 })]
}

function against(
  goKit: GoKit,
  bench: string,
  { ours, theirs, peer, goal, ...pair }: Pair,
  instances: number,
  { rounds, operations }: { readonly rounds: number; readonly operations: number },
): Promise<Row> {
  return compare({
    bench,
    case: `${pair.case}, ${instances.toLocaleString('en')} instances`,
    peer,
    unit: 'per µs',
    goal,
    rounds,
    ours: async () => 1000 / (await nsOfOurs(ours, instances, operations)),
    theirs: async () => 1000 / (await goKit.nsPerOp(theirs, instances, operations)),
  })
}

async function nsOfOurs(name: string, instances: number, operations: number): Promise<number> {
  const program = fileURLToPath(new URL('balancing-round.ts', import.meta.url))
  const { stdout } = await execa(process.execPath, [program, name, `${instances}`, `${operations}`])
  return (JSON.parse(stdout) as { readonly nsPerOp: number }).nsPerOp
}
