import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient, type EtcdClient } from '../../src/http-client/index.ts'

/**
 * Run as `node --expose-gc leak-run.ts <url> <dead url>` by the suite: opens and gives up watches and lets calls fail, and
 * prints what is left of it as JSON.
 */
const [url = '', deadUrl = ''] = process.argv.slice(2)
const batch = 50
const rounds = 1000 / batch

/** Sockets and timers that this process has open. */
const resources = (kind: RegExp) => process.getActiveResourcesInfo().filter((name) => kind.test(name)).length

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.()
    await sleep(20)
  }
  return process.memoryUsage().heapUsed
}

async function openAndAbort(etcd: EtcdClient, index: number): Promise<void> {
  const controller = new AbortController()
  const connected = Promise.withResolvers<void>()
  // Every third has something to read; the others wait for what never comes.
  const prefix = index % 3 === 0 ? '/a' : `/leak/${index}`
  const options = { prefix, startRevision: 1, signal: controller.signal }
  const watch = etcd.watch({ ...options, onState: () => connected.resolve() })
  const first = watch.next().catch(() => {})
  // Some before etcd has answered, some behind it, some when nobody reads any more; by their signal or by return().
  if (index % 4 !== 0) await connected.promise
  if (index % 3 === 0) await first
  if (index % 2 === 0) controller.abort()
  else await watch.return?.()
  await first
}

async function fail(etcd: EtcdClient, dead: EtcdClient, index: number): Promise<void> {
  const calls = [
    () => dead.kv.get('/a'),
    () => etcd.kv.get('/a', { revision: 1_000_000 }),
    () => etcd.kv.get('/a', { signal: AbortSignal.abort() }),
    () => etcd.lock.lock('/held', '1', { timeoutMs: 5 }),
  ]
  await calls[index % calls.length]?.().then(
    () => Promise.reject(new Error('this call should have failed')),
    () => {},
  )
}

async function inBatches(work: (index: number) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: batch }, (_, index) => work(round * batch + index)))
  }
}

const etcd = createEtcdClient({ endpoints: [url] })
const dead = createEtcdClient({ endpoints: [deadUrl] })
const once = async () => {
  await inBatches((index) => openAndAbort(etcd, index))
  await inBatches((index) => fail(etcd, dead, index))
}

await etcd.kv.put('/a', '1')
const before = { sockets: resources(/TCPSocketWrap/), timers: resources(/Timeout/) }
// What is compiled and cached by the first runs is no leak.
for (let run = 0; run < 3; run++) await once()
const heaps = [await heapUsed()]
for (let run = 0; run < 5; run++) {
  await once()
  heaps.push(await heapUsed())
}
// A leak grows by each run; what the engine compiles, or throws away at last, by one or two of them.
const growths = heaps.slice(1).map((heap, run) => heap - (heaps[run] ?? 0))
const heapGrowth = growths.sort((a, b) => a - b)[2]
// Kept-alive connections of the pool close by themselves, 4 s after their last use.
for (const end = Date.now() + 10_000; resources(/TCPSocketWrap/) > before.sockets && Date.now() < end; )
  await sleep(100)
const after = { sockets: resources(/TCPSocketWrap/), timers: resources(/Timeout/) }
console.log(JSON.stringify({ before, after, heapGrowth }))
// A timer that is left must be counted, not waited for.
process.exit()
