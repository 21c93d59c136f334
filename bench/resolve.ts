import { fileURLToPath } from 'node:url'
import { createEtcdClient } from 'etcd-edge/http-client'
import { execa } from 'execa'
import { compare, type Row } from './comparison.ts'
import type { BenchOptions } from './options.ts'

interface Round {
  readonly ns: number
  readonly bytes: number
}

const service = 'bench-resolve'
const key = `/services/${service}/one`
const program = fileURLToPath(new URL('resolve-round.ts', import.meta.url))
// Without a collection in between, the heap grows by what was allocated.
const flags = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256']
const pairs = [
  {
    ours: 'snapshot',
    theirs: 'map',
    case: 'instancer.snapshot()',
    peer: 'Map.get',
    operations: 30_000_000,
    counted: 30_000_000,
    most: 0.1,
  },
  {
    ours: 'resolve',
    theirs: 'promise',
    case: 'await resolve()',
    peer: 'await of a promise',
    operations: 300_000,
    counted: 50_000,
    most: 0,
  },
] as const

/** Looking at what is known already: time, and what is left for the garbage collector. */
export async function resolve({ url, rounds }: BenchOptions): Promise<Row[]> {
  const etcd = createEtcdClient({ endpoints: [url] })
  await etcd.kv.put(key, JSON.stringify({ address: '10.0.0.1:80' }))
  try {
    const rows: Row[] = []
    for (const { ours, theirs, operations, counted, most, ...title } of pairs) {
      const run = (name: string, count: number = operations) => round(name, url, count)
      const common = { bench: 'resolve', rounds: Math.min(rounds, 7) }
      rows.push(
        await compare({
          ...common,
          ...title,
          unit: 'ns',
          goal: { most: 2 },
          ours: async () => (await run(ours)).ns,
          theirs: async () => (await run(theirs)).ns,
        }),
      )
      const [mine, floor] = [await run(ours, counted), await run(theirs, counted)]
      rows.push(allocation(title, mine.bytes, floor.bytes, most))
    }
    return rows
  } finally {
    await etcd.kv.delete(key)
  }
}

/** What is beyond the answer: a promise of 64 bytes, where one is returned, and what the counting itself leaves. */
const promiseBytes = 65

function allocation(
  title: { readonly case: string; readonly peer: string },
  ours: number,
  theirs: number,
  most: number,
): Row {
  const limit = most === 0 ? theirs + promiseBytes : most
  return {
    bench: 'resolve',
    case: `${title.case}, allocated`,
    peer: title.peer,
    ours,
    theirs,
    unit: 'bytes',
    ratio: ours / theirs,
    spread: 0,
    goal: `ours ≤ ${limit.toFixed(1)}`,
    holds: ours <= limit,
  }
}

async function round(name: string, url: string, operations: number): Promise<Round> {
  const { stdout } = await execa(process.execPath, [...flags, program, name, url, service, `${operations}`])
  return JSON.parse(stdout) as Round
}
