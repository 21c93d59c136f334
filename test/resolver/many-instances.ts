import { type EtcdClient, op } from '../../src/http-client/index.ts'

/** What etcd allows in one transaction, less one for a condition. */
const perTxn = 127

export const keyOf = (index: number): string => `/services/web/i${String(index).padStart(5, '0')}`

export const recordOf = (index: number, weight: number): string =>
  JSON.stringify({ address: `10.0.${index >> 8}.${index & 255}:80`, weight })

/** Registers so many instances of the service `web`. */
export async function putMany(etcd: EtcdClient, count: number): Promise<void> {
  await inTxns(etcd, count, (index) => op.put(keyOf(index), recordOf(index, 100)))
}

export async function deleteMany(etcd: EtcdClient, count: number): Promise<void> {
  await inTxns(etcd, count, (index) => op.delete(keyOf(index)))
}

async function inTxns(
  etcd: EtcdClient,
  count: number,
  toOp: (index: number) => ReturnType<typeof op.delete> | ReturnType<typeof op.put>,
) {
  for (let first = 0; first < count; first += perTxn) {
    const indexes = Array.from({ length: Math.min(perTxn, count - first) }, (_, index) => first + index)
    await etcd.kv
      .txn()
      .then(...indexes.map(toOp))
      .commit()
  }
}
