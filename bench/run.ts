/** npm run bench -- <name> [--json] [--rounds N] [--etcd URL]: ours against a floor or a peer, as ratios from one run. */
import { parseArgs } from 'node:util'
import { startEtcd } from '../test/support/etcd.ts'
import { pick, retry } from './balancing.ts'
import { batch } from './batch.ts'
import { burst } from './burst.ts'
import { change } from './change.ts'
import type { Row } from './comparison.ts'
import { list } from './list.ts'
import type { BenchOptions } from './options.ts'
import { register } from './register.ts'
import { resolve } from './resolve.ts'
import { serviceFetch } from './service-fetch.ts'
import { size } from './size.ts'
import { sync } from './sync.ts'
import { unary } from './unary.ts'
import { watch } from './watch.ts'

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Row[]>>> = {
  unary,
  batch,
  list,
  watch,
  pick,
  retry,
  serviceFetch,
  register,
  resolve,
  sync,
  change,
  burst,
  size,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, rounds: { type: 'string', default: '15' }, etcd: { type: 'string' } },
})
const names = positionals.length > 0 ? positionals : Object.keys(benches)
const unknown = names.find((name) => benches[name] === undefined)
if (unknown !== undefined) {
  console.error(`there is no bench "${unknown}": choose from ${Object.keys(benches).join(', ')}`)
  process.exit(1)
}

const binary = process.env.ETCD_BINARY
const server = values.etcd === undefined ? await startEtcd(binary === undefined ? {} : { binary }) : undefined
const url = values.etcd ?? server?.url ?? ''
try {
  for (const name of names) {
    for (const row of (await benches[name]?.({ url, rounds: Number(values.rounds) })) ?? []) {
      console.log(values.json ? JSON.stringify(row) : line(row))
    }
  }
} finally {
  await server?.stop()
}

function line(row: Row): string {
  const number = (value: number) => value.toPrecision(4).padStart(9)
  // Of a hundredth, two digits behind the point say nothing.
  const ratio = row.ratio < 0.1 ? row.ratio.toPrecision(2) : row.ratio.toFixed(2)
  const verdict = row.holds === undefined ? '' : row.holds ? 'holds' : 'DOES NOT HOLD'
  const what = `${row.bench}: ${row.case}`.padEnd(58)
  return `${what} ${number(row.ours)} / ${number(row.theirs)} ${row.unit.padEnd(9)} ratio ${ratio} ± ${row.spread.toFixed(2)}  ${row.goal}  ${verdict}  (${row.peer})`
}
