import type { CallOptions, EtcdClient, ListResult } from '../http-client/index.ts'
import type { InstanceFormat } from '../instance/index.ts'

/** The records of a service, and its own key where the format has one, all as of one revision. */
export async function listRecords(
  etcd: EtcdClient,
  format: InstanceFormat,
  service: string,
  options: CallOptions,
): Promise<ListResult> {
  const answer = await etcd.kv.list({ prefix: format.dir(service), ...options })
  const key = format.ownKey?.(service)
  const own = key === undefined ? undefined : await etcd.kv.get(key, { ...options, revision: answer.revision })
  return own === undefined ? answer : { ...answer, kvs: [own, ...answer.kvs] }
}
