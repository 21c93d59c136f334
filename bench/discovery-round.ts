// Ours in a process of its own, which obeys as `interop/go/bench-sd` does: discovery-round.ts <endpoint> [pick|bare].
// With "pick" it picks once after each change, as whoever follows a service does sooner or later. With "bare" nothing of ours
// is in it: the floor of whoever reads a watch through `fetch`.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createEtcdClient } from 'etcd-edge/http-client'
import { raw } from 'etcd-edge/instance'
import { createInstancer, createResolver, type Instancer, roundRobin } from 'etcd-edge/resolver'
import { bareFetch } from './bare-fetch.ts'
import { quantile } from './comparison.ts'

interface Order {
  readonly do: string
  /** `/services/<service>`. */
  readonly prefix: string
}

const [, , endpoint = '', mode] = process.argv
const etcd = createEtcdClient({ endpoints: [endpoint], timeoutMs: 30_000 })
const floor = bareFetch(endpoint)
const serviceOf = ({ prefix }: Order) => prefix.slice('/services/'.length)
const instancerOf = (order: Order) => createInstancer(etcd, serviceOf(order), { format: raw() })

let told = 0
let latencies: number[] = []
let cpuSeen = 0
let bytesSeen = 0

async function subscribe(order: Order): Promise<object> {
  const instancer = instancerOf(order)
  await instancer.ready()
  const balancer = roundRobin(instancer)
  instancer.subscribe((event) => {
    if (event.type === 'error') throw event.error
    for (const { extra } of event.change.updated) tell(extra?.value ?? '')
    if (mode === 'pick') balancer.pick()
  })
  return { instances: instancer.snapshot().instances.length }
}

async function subscribeBare(order: Order): Promise<object> {
  const create = { key: btoa(`${order.prefix}/`), range_end: btoa(`${order.prefix}0`) }
  const response = await fetch(`${endpoint}/v3/watch`, {
    method: 'POST',
    body: JSON.stringify({ create_request: create }),
  })
  const read = async () => {
    const reader = response.body?.getReader()
    const decoder = new TextDecoder()
    let rest = ''
    for (;;) {
      const chunk = await reader?.read()
      if (chunk?.value === undefined) throw new Error('etcd has ended the watch')
      const lines = (rest + decoder.decode(chunk.value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) for (const { kv } of JSON.parse(line).result.events ?? []) tell(atob(kv.value))
    }
  }
  void read()
  return bare(order)
}

function tell(value: string): void {
  const now = Number(process.hrtime.bigint() / 1000n)
  told += 1
  if (value.startsWith('at-')) latencies.push((now - Number(value.slice(3, 19))) / 1000)
}

function report(): object {
  const { user, system } = process.cpuUsage()
  // What this process has read, from sockets above all: proc(5).
  const bytes = Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  const answer = {
    cpuMs: (user + system - cpuSeen) / 1000,
    bytes: bytes - bytesSeen,
    told,
    latencyMs: quantile(latencies, 0.5),
  }
  cpuSeen = user + system
  bytesSeen = bytes
  told = 0
  latencies = []
  return answer
}

async function timed(list: () => Promise<number>): Promise<object> {
  const startedAt = performance.now()
  const instances = await list()
  return { instances, ms: performance.now() - startedAt }
}

async function sync(order: Order): Promise<object> {
  let instancer: Instancer | undefined
  const answer = await timed(async () => {
    instancer = instancerOf(order)
    await instancer.ready()
    return instancer.snapshot().instances.length
  })
  await instancer?.close()
  return answer
}

function resolve(order: Order): Promise<object> {
  return timed(async () => (await createResolver(etcd, { format: raw() }).resolve(serviceOf(order))).instances.length)
}

/** The floor of `sync`: the same request, and nothing done with the answer. */
function bare({ prefix }: Order): Promise<object> {
  const body = JSON.stringify({ key: btoa(`${prefix}/`), range_end: btoa(`${prefix}0`) })
  return timed(async () => ((await floor.call('kv/range', body)) as { readonly kvs: readonly unknown[] }).kvs.length)
}

const orders: Readonly<Record<string, (order: Order) => object | Promise<object>>> = {
  subscribe: mode === 'bare' ? subscribeBare : subscribe,
  sync,
  resolve,
  bare,
  report,
}

for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line) as Order
  console.log(JSON.stringify(await orders[order.do]?.(order)))
}
process.exit()
