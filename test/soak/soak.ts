import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { type CountingWriter, startCountingWriter } from '../http-client/counting-writer.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { newestEtcd } from '../support/etcd-binary.ts'
import { wreak } from './chaos.ts'
import { type CheckedWatch, startCheckedWatch } from './checked-watch.ts'
import { churnAborts, churnLeases, churnWatches } from './churn.ts'
import { findLeftovers, findTimers, heapBytes } from './leftovers.ts'

/** `npm run soak -- --minutes 2`: everything at once for that long; ends with 1 when anything was lost, doubled or left. */
const writers = 3
const watchesEach = 2
/** By then everything has been compiled and cached. */
const warmUpMs = 20_000
const mostHeapGrowth = 5_000_000

async function soak(minutes: number): Promise<boolean> {
  const binary = newestEtcd()
  if (binary === undefined) throw new Error('soak needs an etcd: install one on PATH, or run "npm run interop:etcd"')
  console.log(`${binary.name}, three members, ${minutes} min`)
  await using cluster = await startCluster({ binary: binary.path })
  const client = () => createEtcdClient({ endpoints: cluster.urls, timeoutMs: 2000 })
  const counting = Array.from({ length: writers }, (_, index) => startCounting(client, `/soak/${index}`))

  const over = new AbortController()
  const churns = { watches: churnWatches, leases: churnLeases, 'aborted calls': churnAborts }
  const churning = Object.entries(churns).map(
    async ([name, churn]) => [name, await churn(client(), over.signal)] as const,
  )
  const faults = wreak(cluster, over.signal)
  const failed = Promise.race([...churning, faults]).then(() => {})

  const ms = minutes * 60_000
  await Promise.race([sleep(Math.min(warmUpMs, ms / 2)), failed])
  const heapBefore = await heapBytes()
  await Promise.race([sleep(Math.max(ms / 2, ms - warmUpMs)), failed])
  const heapGrowth = (await heapBytes()) - heapBefore
  over.abort()
  for (const [name, count] of await Promise.all(churning)) report(name, count)
  report('faults', [...(await faults)].map(([name, count]) => `${name} ×${count}`).join(', '))
  const whole = await settle(counting)
  return (await nothingLeft(cluster, heapGrowth)) && whole
}

interface Counting {
  readonly writer: CountingWriter
  readonly watches: readonly CheckedWatch[]
}

function startCounting(client: () => EtcdClient, key: string): Counting {
  const watches = Array.from({ length: watchesEach }, () => startCheckedWatch(client(), key))
  return { watches, writer: startCountingWriter(client(), key) }
}

/** Stops writing, waits until all has been seen, and tells what has not. */
async function settle(counting: readonly Counting[]): Promise<boolean> {
  const lasts = await Promise.all(counting.map(({ writer }) => writer.stop()))
  const behind = () => counting.flatMap(({ watches }, index) => watches.filter(({ last }) => last !== lasts[index]))
  for (const end = Date.now() + 20_000; behind().length > 0 && Date.now() < end; ) await sleep(100)
  const watches = counting.flatMap((each) => each.watches)
  const sum = (count: (watch: CheckedWatch) => number) => watches.reduce((total, watch) => total + count(watch), 0)
  const missing = counting.flatMap((each, index) => each.watches.map(({ last }) => (lasts[index] ?? 0) - last))
  const lost = sum((watch) => watch.lost) + missing.reduce((total, count) => total + count, 0)
  const duplicated = sum((watch) => watch.duplicated)
  const failures = watches.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  report(
    'values written',
    lasts.reduce((total, last) => total + last, 0),
  )
  report(
    'writes made again',
    counting.reduce((total, { writer }) => total + writer.retries(), 0),
  )
  report(
    'events seen',
    sum((watch) => watch.events),
  )
  report('lost', lost)
  report('duplicated', duplicated)
  for (const failure of failures) console.error(failure)
  await Promise.all(watches.map((watch) => watch.close()))
  return lost === 0 && duplicated === 0 && failures.length === 0
}

async function nothingLeft(cluster: Cluster, heapGrowth: number): Promise<boolean> {
  const { watchers, leases } = await findLeftovers(cluster)
  report('watchers left at etcd', watchers)
  report('leases left at etcd', leases)
  report('heap growth, bytes', heapGrowth)
  return watchers === 0 && leases === 0 && heapGrowth < mostHeapGrowth
}

function report(what: string, value: string | number): void {
  console.log(`${what.padEnd(24)}${value}`)
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '2' } } })
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new RangeError(`--minutes must be a positive number, got ${values.minutes}`)
const whole = await soak(minutes)
const timers = await findTimers()
report('timers left', timers)
const clean = whole && timers === 0
console.log(clean ? 'nothing lost, nothing doubled, nothing left' : 'FAILED')
// A timer that is left has been counted; it need not be waited for.
process.exit(clean ? 0 : 1)
