import { createEtcdClient, type EtcdClient, op } from 'etcd-edge/http-client'
import { Etcd3 } from 'etcd3'
import { compare, quantile, type Row } from './comparison.ts'
import type { BenchOptions } from './options.ts'

const prefix = '/bench/watch/'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const puts = 200
const burst = 10_000

/** A running watch that tells of each event's value. */
interface Listener {
  onValue: (value: string) => void
  close(): Promise<void>
}

/** How long from a put to its event, and how fast a burst comes in. */
export async function watch({ url, rounds }: BenchOptions): Promise<Row[]> {
  const etcd = createEtcdClient({ endpoints: [url], timeoutMs: 30_000 })
  const [ours, bare, grpc] = await Promise.all([listenOurs(etcd), listenBare(url), listenGrpc(url)])
  const latency = (listener: Listener, share: number) => async () => quantile(await latencies(etcd, listener), share)
  const rate = (listener: Listener) => async () => burst / ((await burstMs(etcd, listener)) / 1000)
  try {
    const common = { bench: 'watch', rounds }
    return [
      await compare({
        ...common,
        case: 'put to event, p50',
        peer: 'bare fetch reader',
        unit: 'ms',
        goal: { most: 1.1 },
        ours: latency(ours, 0.5),
        theirs: latency(bare, 0.5),
      }),
      await compare({
        ...common,
        case: 'put to event, p99',
        peer: 'bare fetch reader',
        unit: 'ms',
        goal: { most: 1.5 },
        ours: latency(ours, 0.99),
        theirs: latency(bare, 0.99),
      }),
      await compare({
        ...common,
        rounds: Math.min(rounds, 7),
        case: 'burst of 10,000 events',
        peer: 'etcd3 (gRPC)',
        unit: 'events/s',
        goal: { least: 1 },
        ours: rate(ours),
        theirs: rate(grpc),
      }),
    ]
  } finally {
    await Promise.all([ours.close(), bare.close(), grpc.close()])
    await etcd.kv.delete({ prefix })
  }
}

async function latencies(etcd: EtcdClient, listener: Listener): Promise<number[]> {
  const taken: number[] = []
  for (let index = 0; index < puts; index++) {
    const value = `${index}`
    const arrived = new Promise<number>((resolve) => {
      listener.onValue = (seen) => seen === value && resolve(performance.now())
    })
    const sentAt = performance.now()
    const [, at] = await Promise.all([etcd.kv.put(`${prefix}one`, value), arrived])
    taken.push(at - sentAt)
  }
  return taken
}

/** 100 transactions of 100 puts, so that writing is not what is measured. */
async function burstMs(etcd: EtcdClient, listener: Listener): Promise<number> {
  let left = burst
  const arrived = new Promise<void>((resolve) => {
    listener.onValue = () => {
      left -= 1
      if (left === 0) resolve()
    }
  })
  const startedAt = performance.now()
  const writing = (async () => {
    for (let start = 0; start < burst; start += 100) {
      const ops = Array.from({ length: 100 }, (_, index) => op.put(`${prefix}${start + index}`, 'x'.repeat(100)))
      await etcd.kv
        .txn()
        .then(...ops)
        .commit()
    }
  })()
  await Promise.all([writing, arrived])
  return performance.now() - startedAt
}

async function listenOurs(etcd: EtcdClient): Promise<Listener> {
  const controller = new AbortController()
  const ready = Promise.withResolvers<void>()
  const listener: Listener = { onValue: () => {}, close: async () => controller.abort() }
  const read = async () => {
    for await (const item of etcd.watch({ prefix, signal: controller.signal, onState: () => ready.resolve() })) {
      if (item.type === 'events') for (const { kv } of item.events) listener.onValue(kv.value)
    }
  }
  read().catch(() => {})
  await ready.promise
  return listener
}

async function listenBare(url: string): Promise<Listener> {
  const controller = new AbortController()
  const body = { create_request: { key: base64(prefix), range_end: base64('/bench/watch0') } }
  const response = await fetch(`${url}/v3/watch`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: controller.signal,
  })
  const listener: Listener = { onValue: () => {}, close: async () => controller.abort() }
  const read = async () => {
    let rest = ''
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        for (const { kv } of JSON.parse(line).result.events ?? []) listener.onValue(atob(kv.value))
      }
    }
  }
  read().catch(() => {})
  return listener
}

async function listenGrpc(url: string): Promise<Listener> {
  const peer = new Etcd3({ hosts: url })
  const watcher = await peer.watch().prefix(prefix).create()
  const listener: Listener = {
    onValue: () => {},
    async close() {
      await watcher.cancel()
      peer.close()
    },
  }
  watcher.on('put', (kv) => listener.onValue(kv.value.toString()))
  return listener
}
