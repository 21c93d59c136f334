import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { tlsFetch } from 'etcd-edge/tls'
import { Etcd3 } from 'etcd3'
import { bareFetch } from './bare-fetch.ts'
import { compare, inFlight, type Row, timed } from './comparison.ts'
import type { BenchOptions } from './options.ts'
import { key, unaryBodies, value } from './unary-record.ts'
import { unaryInWorkerd } from './unary-workerd.ts'

const widths = [1, 64] as const
const calls = { 1: 400, 64: 3000 } as const

/** One get and one put, alone and 64 at a time: against bare `fetch`, and against the gRPC client of npm. */
export async function unary({ url, rounds }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  const etcd = createEtcdClient({ endpoints: [url] })
  await etcd.kv.put(key, value)
  const floor = bareFetch(url)
  for (const verb of ['get', 'put'] as const) {
    for (const width of widths) {
      const run = (call: () => Promise<unknown>) => () => timed(() => inFlight(calls[width], width, call))
      rows.push(
        await compare({
          bench: 'unary',
          case: `${verb}, ${width} in flight`,
          peer: 'bare fetch',
          unit: 'ms',
          goal: { most: width === 1 ? 1.15 : 1.25 },
          rounds,
          ours: run(() => ourCall(etcd, verb)),
          theirs: run(() => floor.call(verb === 'get' ? 'kv/range' : 'kv/put', unaryBodies[verb])),
        }),
      )
    }
  }
  rows.push(...(await unaryInWorkerd({ url, rounds })))
  rows.push(...(await againstGrpc(url, rounds)))
  return rows
}

async function againstGrpc(url: string, rounds: number): Promise<Row[]> {
  const rows: Row[] = []
  const fetch = tlsFetch()
  const lean = createEtcdClient({ endpoints: [url], fetch })
  const peer = new Etcd3({ hosts: url })
  try {
    for (const verb of ['get', 'put'] as const) {
      for (const width of widths) {
        const run = (call: () => Promise<unknown>) => () => timed(() => inFlight(calls[width], width, call))
        rows.push(
          await compare({
            bench: 'unary',
            case: `${verb}, ${width} in flight, fetch of etcd-edge/tls`,
            peer: 'etcd3 (gRPC)',
            unit: 'ms',
            goal: { most: width === 1 ? 1.3 : 1.2 },
            rounds,
            ours: run(() => ourCall(lean, verb)),
            theirs: run(() => (verb === 'get' ? peer.get(key).string() : peer.put(key).value(value).exec())),
          }),
        )
      }
    }
  } finally {
    peer.close()
    await fetch.close()
  }
  return rows
}

const ourCall = (etcd: EtcdClient, verb: 'get' | 'put'): Promise<unknown> =>
  verb === 'get' ? etcd.kv.get(key) : etcd.kv.put(key, value)
