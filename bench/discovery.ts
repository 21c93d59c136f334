import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { buildGoProgram } from './go-program.ts'
import { type OrderedProcess, startOrdered } from './ordered-process.ts'

/** How a framework writes its records; go-kit's, ours here, are `raw`. */
export type RecordFormat = 'raw' | 'naming' | 'kitex'

/** A framework's discovery in a process of its own. */
export interface Peer {
  readonly name: string
  readonly format: RecordFormat
  /** It is at its speed only after a while. */
  readonly compilesAsItRuns: boolean
  start(url: string): OrderedProcess
}

export interface Peers {
  readonly ours: Peer
  /** Picks once after each change. */
  readonly oursPicking: Peer
  /** What reads the watch through `fetch` and does nothing else. */
  readonly bare: Peer
  readonly goKit: Peer
  readonly naming: Peer
  readonly kitex: Peer
  startWriter(url: string): OrderedProcess
}

/** What a subscriber has used since it was asked last. */
export interface Cost {
  readonly cpuMs: number
  readonly bytes: number
  /** How much news it was told. */
  readonly told: number
  /** From put to told, p50. */
  readonly latencyMs: number
}

/** What the writer is to change. */
export interface Changes {
  readonly changes: number
  /** One each so many milliseconds; all at once without it. */
  readonly everyMs?: number
}

export async function buildPeers(): Promise<Peers | undefined> {
  const program = await buildGoProgram('bench-sd')
  if (program === undefined) return undefined
  const theirs = (as: string, name: string, format: RecordFormat): Peer => ({
    name,
    format,
    compilesAsItRuns: false,
    start: (url) => startOrdered(program, ['-as', as, '-endpoint', url]),
  })
  const round = fileURLToPath(new URL('discovery-round.ts', import.meta.url))
  const ours = (name: string, ...args: string[]): Peer => ({
    name,
    format: 'raw',
    compilesAsItRuns: true,
    start: (url) => startOrdered(process.execPath, [...process.execArgv, round, url, ...args]),
  })
  return {
    ours: ours('ours'),
    oursPicking: ours('ours, and a pick', 'pick'),
    bare: ours('bare fetch reader', 'bare'),
    goKit: theirs('go-kit', 'go-kit, sd/etcdv3', 'raw'),
    naming: theirs('naming', "etcd's naming channel", 'naming'),
    kitex: theirs('kitex', 'Kitex registry-etcd', 'kitex'),
    startWriter: theirs('writer', '', 'raw').start,
  }
}

/** Where so many records of a format are. A number first: go-kit lists whatever begins with what it is given. */
export const prefixOf = (format: RecordFormat, records: number) => `/services/${records}-${format}`

/** What a change or several cost a subscriber, to the end of what they make it do. */
export async function costOf(
  subscriber: OrderedProcess,
  writer: OrderedProcess,
  { format, records, changes, everyMs }: Changes & { readonly format: RecordFormat; readonly records: number },
): Promise<Cost> {
  const report = () => subscriber.order<Cost>({ do: 'report' })
  await report()
  const pace = everyMs === undefined ? { atOnce: true } : { everyMs }
  await writer.order({ do: 'change', prefix: prefixOf(format, records), format, records, changes, ...pace })
  let { cpuMs, bytes, told, latencyMs } = await report()
  for (;;) {
    await sleep(200)
    const more = await report()
    cpuMs += more.cpuMs
    bytes += more.bytes
    told += more.told
    latencyMs ||= more.latencyMs
    if (more.told === 0 && more.cpuMs < 10) return { cpuMs, bytes, told, latencyMs }
  }
}
