import { createEtcdClient, op } from 'etcd-edge/http-client'
import { Etcd3 } from 'etcd3'
import { bareFetch } from './bare-fetch.ts'
import { compare, type Row, timed } from './comparison.ts'
import type { BenchOptions } from './options.ts'

const prefix = '/bench/list/'
const records = 10_000
const value = 'x'.repeat(120)
const base64 = (text: string) => Buffer.from(text).toString('base64')

interface RangeAnswer {
  readonly kvs: readonly { readonly key: string; readonly value: string }[]
}

/** 10,000 records of 120 bytes, keys and values read as text. */
export async function list({ url, rounds }: BenchOptions): Promise<Row[]> {
  const etcd = createEtcdClient({ endpoints: [url], timeoutMs: 30_000 })
  for (let start = 0; start < records; start += 100) {
    const names = Array.from({ length: 100 }, (_, index) => `${prefix}${String(start + index).padStart(6, '0')}`)
    await etcd.kv
      .txn()
      .then(...names.map((name) => op.put(name, value)))
      .commit()
  }
  const floor = bareFetch(url)
  const body = JSON.stringify({ key: base64(prefix), range_end: base64('/bench/list0') })
  const peer = new Etcd3({ hosts: url })
  const read = async () => {
    let length = 0
    const { kvs } = await etcd.kv.list({ prefix })
    for (const kv of kvs) length += kv.key.length + kv.value.length
    return length
  }
  const readBare = async () => {
    let length = 0
    const { kvs } = (await floor.call('kv/range', body)) as RangeAnswer
    for (const kv of kvs) length += atob(kv.key).length + atob(kv.value).length
    return length
  }
  const readGrpc = async () => {
    let length = 0
    for (const [name, text] of Object.entries(await peer.getAll().prefix(prefix).strings()))
      length += name.length + text.length
    return length
  }
  try {
    const common = { bench: 'list', case: '10,000 records of 120 bytes', unit: 'ms', rounds, ours: () => timed(read) }
    return [
      await compare({ ...common, peer: 'bare fetch + atob', goal: { most: 1.15 }, theirs: () => timed(readBare) }),
      await compare({ ...common, peer: 'etcd3 (gRPC)', goal: { most: 1 }, theirs: () => timed(readGrpc) }),
    ]
  } finally {
    peer.close()
    await etcd.kv.delete({ prefix })
  }
}
