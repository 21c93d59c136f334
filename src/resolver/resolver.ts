import type { CallOptions, EtcdClient, KeyValue, ListResult } from '../http-client/index.ts'
import { type InstanceFormat, native } from '../instance/index.ts'
import { listRecords } from './list-records.ts'
import { createRecordSet } from './record-set.ts'
import type { OnRejected, ResolvedInstance, ServiceSnapshot } from './service-snapshot.ts'
import { createSnapshotCache } from './snapshot-cache.ts'

export interface ResolverOptions {
  /** How instances are written. @default native() */
  readonly format?: InstanceFormat
  /** How old an answer may be. 0 asks etcd every time. @default 1000 */
  readonly maxAgeMs?: number
  /** For how long the last good answer is given when etcd cannot be asked. 0 gives none. @default 300000 */
  readonly maxStaleMs?: number
  /** The most services that are kept; the one that was asked for longest ago goes. @default 10000 */
  readonly maxServices?: number
  /** Told of each record that cannot be read, whenever it is read. */
  readonly onRejected?: OnRejected
}

export interface ResolveOptions extends CallOptions {
  /**
   * `strong`: as etcd has it now, never stale. `bounded`: at most `maxAgeMs` old. `stale`: whatever is known, asking etcd
   * only when nothing is. @default "bounded"
   */
  readonly consistency?: 'strong' | 'bounded' | 'stale'
}

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

/**
 * Resolves on demand and keeps what it found, for runtimes that cannot hold a stream. It keeps data only, never a promise,
 * a timer or a stream, so one resolver may serve all requests of an isolate.
 */
export interface Resolver {
  readonly format: InstanceFormat
  /**
   * The instances of a service. When etcd cannot be asked, the last good snapshot, marked `stale`, for at most
   * `maxStaleMs` after it was confirmed; after that, or with `strong`, the error. Never empty for any reason but etcd's word.
   *
   * @throws InvalidInstanceError for a name that could leave its directory, before any call; UnavailableError,
   * DeadlineError, AuthError, ProtocolError; the caller's abort reason unchanged.
   */
  resolve(service: string, options?: ResolveOptions): Promise<ServiceSnapshot>
  /** All services of the format's root, in one request; cached and stale as {@link resolve}. */
  resolveAll(options?: ResolveOptions): Promise<CatalogSnapshot>
  /** Warms a cold process with a snapshot from elsewhere. An older one than is known is ignored. */
  seed(snapshot: ServiceSnapshot): void
  /** The next answer is asked of etcd; what is known stays for when that fails. */
  expire(service: string): void
}

export function createResolver(etcd: EtcdClient, options: ResolverOptions = {}): Resolver {
  const { format = native(), onRejected, maxServices = 10_000 } = options
  const ages = { maxAgeMs: checkAge(options.maxAgeMs, 1000, 'maxAgeMs') }
  const limits = { ...ages, maxStaleMs: checkAge(options.maxStaleMs, 300_000, 'maxStaleMs') }
  const services = createSnapshotCache<ServiceSnapshot>({ ...limits, maxEntries: maxServices })
  const catalogs = createSnapshotCache<CatalogSnapshot>({ ...limits, maxEntries: 1 })

  const list = async (service: string, options: CallOptions): Promise<ServiceSnapshot> => {
    const answer = await listRecords(etcd, format, service, pick(options))
    const seed = services.peek(service)?.instances
    const records = createRecordSet(format, { service, onRejected, seed })
    records.replace(answer.kvs)
    return toSnapshot(service, answer, records.instances(), records.rejected())
  }

  const listAll = async (options: CallOptions): Promise<CatalogSnapshot> => {
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
    const snapshots = [...byService].map(([service, kvs]) => {
      const records = createRecordSet(format, { onRejected, seed: services.peek(service)?.instances })
      records.replace(kvs)
      return toSnapshot(service, answer, records.instances(), records.rejected())
    })
    snapshots.sort((a, b) => (a.service < b.service ? -1 : 1))
    const rejected = snapshots.reduce((sum, snapshot) => sum + snapshot.rejected, strays)
    const { revision, clusterId } = answer
    return { revision, clusterId, services: Object.freeze(snapshots), updatedAt: Date.now(), stale: false, rejected }
  }

  return {
    format,
    async resolve(service, options = {}) {
      format.dir(service)
      return services.read(service, options, () => list(service, options))
    },
    resolveAll: async (options = {}) => catalogs.read('', options, () => listAll(options)),
    seed: (snapshot) => services.seed(snapshot.service, Object.freeze(snapshot)),
    expire(service) {
      services.expire(service)
      catalogs.expire('')
    },
  }
}

const pick = ({ signal, timeoutMs }: CallOptions): CallOptions => ({ signal, timeoutMs })

function toSnapshot(
  service: string,
  { revision, clusterId }: ListResult,
  instances: readonly ResolvedInstance[],
  rejected: number,
): ServiceSnapshot {
  return Object.freeze({ service, revision, clusterId, instances, updatedAt: Date.now(), stale: false, rejected })
}

function checkAge(value: number | undefined, preset: number, option: string): number {
  const age = value ?? preset
  if (!(age >= 0)) throw new RangeError(`${option} must be 0 or more milliseconds, got ${age}`)
  return age
}
