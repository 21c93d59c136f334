import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient, type EtcdClient } from '../../src/index.ts'

/** What etcd holds: the first record under a prefix, the leases, and how far history has come. */
export interface EtcdRecord {
  readonly key: string | undefined
  readonly leaseId: string | undefined
  readonly modRevision: number | undefined
  readonly leases: readonly string[]
  readonly revision: number
}

export async function readRecord(etcd: EtcdClient, prefix: string): Promise<EtcdRecord> {
  const [{ kvs, revision }, leases] = await Promise.all([etcd.kv.list({ prefix }), etcd.lease.list()])
  return { key: kvs[0]?.key, leaseId: kvs[0]?.leaseId, modRevision: kvs[0]?.modRevision, leases, revision }
}

/** How long it took until the record was as it should be. @throws Error with the last record when it never is. */
export async function untilRecord(
  url: string,
  prefix: string,
  isRight: (record: EtcdRecord) => boolean,
  patienceMs: number,
): Promise<number> {
  const etcd = createEtcdClient({ endpoints: [url] })
  const startedAt = performance.now()
  let record = await readRecord(etcd, prefix)
  while (!isRight(record)) {
    if (performance.now() - startedAt > patienceMs) {
      throw new Error(`after ${patienceMs} ms etcd still has ${JSON.stringify(record)}`)
    }
    await sleep(20)
    record = await readRecord(etcd, prefix)
  }
  return performance.now() - startedAt
}
