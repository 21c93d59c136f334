import { RpcError } from 'etcd-edge'
import type { EtcdClient } from 'etcd-edge/http-client'
import { type CatalogSnapshot, createResolver, type Resolver, type ServiceSnapshot } from 'etcd-edge/resolver'
import { invalidRequest } from './problem.ts'

/** etcd keeps its history: what a service looked like at a revision that is not compacted yet. */
export interface PastSnapshots {
  /** @throws CompactedError, or RpcError with gRPC code 11 for a revision that is yet to come. */
  service(current: ServiceSnapshot, revision: number, signal: AbortSignal): Promise<ServiceSnapshot>
  /** @throws as {@link service}. */
  catalog(revision: number, signal: AbortSignal): Promise<CatalogSnapshot>
}

export function createPastSnapshots(etcd: EtcdClient, { format }: Resolver): PastSnapshots {
  const resolverAt = (revision: number) =>
    createResolver(
      {
        ...etcd,
        kv: {
          ...etcd.kv,
          list: (options) => etcd.kv.list({ ...options, revision }),
          get: (key, options) => etcd.kv.get(key, { ...options, revision }),
        },
      },
      { format, maxAgeMs: 0, maxStaleMs: 0 },
    )
  return {
    async service(current, revision, signal) {
      const resolver = resolverAt(revision)
      // What stands in for a record that cannot be read must be the same then as now, or it would look like a change.
      resolver.seed({ ...current, revision: 0, updatedAt: 0 })
      const snapshot = await resolver.resolve(current.service, { consistency: 'strong', signal })
      return { ...snapshot, revision }
    },
    async catalog(revision, signal) {
      return { ...(await resolverAt(revision).resolveAll({ consistency: 'strong', signal })), revision }
    },
  }
}

/** What a list answers whose cursor points to a revision that etcd no longer keeps, or does not have yet. */
export function refuseCursor(error: unknown): never {
  if (!(error instanceof RpcError) || error.grpcCode !== outOfRange) throw error
  throw invalidRequest([{ parameter: 'cursor', detail: 'its revision is no longer kept: begin again without it' }])
}

/** gRPC's code for a revision that is compacted or in the future. */
const outOfRange = 11
