import { fileURLToPath } from 'node:url'
import { createEtcdClient } from 'etcd-edge/http-client'
import { bundleFor } from '../test/support/portable-bundle.ts'
import { startWorkerd } from '../test/support/workerd.ts'
import { compare, type Row } from './comparison.ts'
import type { BenchOptions } from './options.ts'
import { key, value } from './unary-record.ts'

/** The calls of `unary` inside of workerd, against its own bare `fetch`. */
export async function unaryInWorkerd({ url, rounds }: BenchOptions): Promise<Row[]> {
  await createEtcdClient({ endpoints: [url] }).kv.put(key, value)
  await using served = await startWorkerd(
    await bundleFor('workerd', fileURLToPath(new URL('workerd-calls.ts', import.meta.url))),
  )
  const round = (who: string, verb: string, width: number) => async () => {
    const query = new URLSearchParams({ url, who, verb, width: String(width), count: width === 1 ? '400' : '2000' })
    return (await (await fetch(`${served.url}/?${query}`)).json()) as number
  }
  const rows: Row[] = []
  for (const verb of ['get', 'put']) {
    for (const width of [1, 64]) {
      rows.push(
        await compare({
          bench: 'unary',
          case: `${verb}, ${width} in flight, in workerd`,
          peer: 'bare fetch',
          unit: 'ms',
          goal: { most: width === 1 ? 1.15 : 1.25 },
          rounds,
          ours: round('ours', verb, width),
          theirs: round('theirs', verb, width),
        }),
      )
    }
  }
  return rows
}
