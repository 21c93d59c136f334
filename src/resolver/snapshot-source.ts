import type { CallOptions, EtcdClient, KeyValue, ResponseHeader } from '../http-client/index.ts'
import type { InstanceFormat } from '../instance/index.ts'
import { listMany } from './list-many.ts'
import { listRecords } from './list-records.ts'
import { createRecordSet } from './record-set.ts'
import type { OnRejected, ResolvedInstance, ServiceSnapshot } from './service-snapshot.ts'

/** All services at one revision. */
export interface CatalogSnapshot {
  readonly revision: number
  readonly clusterId: string
  /** In the order of their names; only those that have a record. */
  readonly services: readonly ServiceSnapshot[]
  readonly updatedAt: number
  readonly stale: boolean
  readonly rejected: number
}

/** Snapshots as etcd has them now. */
export interface SnapshotSource {
  one(service: string, options: CallOptions): Promise<ServiceSnapshot>
  /** By name, all of one revision. */
  many(services: readonly string[], options: CallOptions): Promise<ReadonlyMap<string, ServiceSnapshot>>
  all(options: CallOptions): Promise<CatalogSnapshot>
}

export interface SnapshotSourceOptions {
  readonly onRejected: OnRejected | undefined
  /** What was known before, for records that can no longer be read. */
  readonly known: (service: string) => readonly ResolvedInstance[] | undefined
}

export function createSnapshotSource(
  etcd: EtcdClient,
  format: InstanceFormat,
  { onRejected, known }: SnapshotSourceOptions,
): SnapshotSource {
  /** @param asked the service that the records are read as one of; in a catalog each says its own */
  const read = (service: string, kvs: readonly KeyValue[], header: ResponseHeader, asked?: { service: string }) => {
    const records = createRecordSet(format, { ...asked, onRejected, seed: known(service) })
    records.replace(kvs)
    const { revision, clusterId } = header
    const set = { instances: records.instances(), updatedAt: Date.now(), stale: false, rejected: records.rejected() }
    return Object.freeze({ service, revision, clusterId, ...set })
  }

  return {
    async one(service, options) {
      const answer = await listRecords(etcd, format, service, pick(options))
      return read(service, answer.kvs, answer, { service })
    },
    async many(services, options) {
      const listing = await listMany(etcd, format, services, pick(options))
      return new Map(listing.services.map(({ service, kvs }) => [service, read(service, kvs, listing, { service })]))
    },
    async all(options) {
      const answer = await etcd.kv.list({ prefix: format.root, ...pick(options) })
      const byService = new Map<string, KeyValue[]>()
      let strays = 0
      for (const kv of answer.kvs) {
        const service = format.serviceOf(kv.key)
        const group = service === undefined ? undefined : byService.get(service)
        if (service === undefined) strays += 1
        else if (group === undefined) byService.set(service, [kv])
        else group.push(kv)
      }
      const snapshots = [...byService].map(([service, kvs]) => read(service, kvs, answer))
      snapshots.sort((a, b) => (a.service < b.service ? -1 : 1))
      const rejected = snapshots.reduce((sum, snapshot) => sum + snapshot.rejected, strays)
      const { revision, clusterId } = answer
      return { revision, clusterId, services: Object.freeze(snapshots), updatedAt: Date.now(), stale: false, rejected }
    },
  }
}

const pick = ({ signal, timeoutMs }: CallOptions): CallOptions => ({ signal, timeoutMs })
