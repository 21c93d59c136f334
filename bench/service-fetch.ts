import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { createEtcdClient } from 'etcd-edge/http-client'
import { createResolver, createServiceFetch, type ServiceFetchOptions } from 'etcd-edge/resolver'
import { compare, inFlight, type Row, timed } from './comparison.ts'
import type { BenchOptions } from './options.ts'

const key = '/services/bench-service-fetch/one'
// Short rounds, and many: what else the machine does falls on both alike.
const calls = { 1: 10, 64: 128 } as const
const roundsOfEach = 50

/** A GET of a small answer by the name of its service, against the same GET by address. */
export async function serviceFetch({ url, rounds }: BenchOptions): Promise<Row[]> {
  const server = new Worker(new URL('answering-server.ts', import.meta.url))
  const etcd = createEtcdClient({ endpoints: [url] })
  try {
    const [port] = (await once(server, 'message')) as [number]
    const address = `127.0.0.1:${port}`
    await etcd.kv.put(key, JSON.stringify({ address }))
    const compared = async (what: string, width: 1 | 64, options: ServiceFetchOptions, init: () => RequestInit) => {
      const service = createServiceFetch(createResolver(etcd), options)
      const run = (call: () => Promise<Response>) => () =>
        timed(() => inFlight(calls[width], width, async () => (await call()).text()))
      return compare({
        bench: 'serviceFetch',
        case: `GET, ${width} in flight${what}`,
        peer: 'bare fetch by address',
        unit: 'ms',
        goal: { most: 1.1 },
        rounds: rounds * roundsOfEach,
        ours: run(() => service('http://bench-service-fetch/path?query=1')),
        theirs: run(() => fetch(`http://${address}/path?query=1`, init())),
      })
    }
    const none = () => ({})
    const limited = () => ({ signal: AbortSignal.timeout(10_000) })
    return [
      await compared('', 1, {}, none),
      await compared('', 64, {}, none),
      await compared(', timeoutMs against AbortSignal.timeout', 1, { timeoutMs: 10_000 }, limited),
      await compared(', timeoutMs against AbortSignal.timeout', 64, { timeoutMs: 10_000 }, limited),
    ]
  } finally {
    await server.terminate()
    await etcd.kv.delete(key)
  }
}
