import { createEtcdClient, op } from 'etcd-edge/http-client'
import { Etcd3 } from 'etcd3'
import { compare, type Row, timed } from './comparison.ts'
import type { BenchOptions } from './options.ts'

const keys = Array.from({ length: 128 }, (_, index) => `/bench/batch/${index}`)
const value = 'x'.repeat(100)

/** 128 puts: one transaction of ours against 128 calls of the gRPC client, all in flight at once. */
export async function batch({ url, rounds }: BenchOptions): Promise<Row[]> {
  const etcd = createEtcdClient({ endpoints: [url] })
  const peer = new Etcd3({ hosts: url })
  try {
    return [
      await compare({
        bench: 'batch',
        case: '128 puts, speed',
        peer: 'etcd3, 128 gRPC puts',
        unit: 'batches/s',
        goal: { least: 5 },
        rounds,
        ours: async () =>
          perSecond(
            await timed(() =>
              etcd.kv
                .txn()
                .then(...keys.map((key) => op.put(key, value)))
                .commit(),
            ),
          ),
        theirs: async () =>
          perSecond(await timed(() => Promise.all(keys.map((key) => peer.put(key).value(value).exec())))),
      }),
    ]
  } finally {
    peer.close()
  }
}

const perSecond = (ms: number) => 1000 / ms
