import type { CallOptions, EtcdClient, KeyValue, ListResult } from '../http-client/index.ts'
import { type InstanceFormat, native } from '../instance/index.ts'
import type { InstanceFilter } from './instance-filter.ts'
import { listRecords } from './list-records.ts'
import { createRecordSet } from './record-set.ts'
import type { OnRejected, ResolvedInstance, ServiceSnapshot } from './service-snapshot.ts'
import { type Consistency, createSnapshotCache } from './snapshot-cache.ts'
import { createView, remembered, whole } from './snapshot-view.ts'

export interface ResolverOptions {
  /** How instances are written. @default native() */
  readonly format?: InstanceFormat
  /**
   * How old an answer may be. 0 asks etcd every time. When an answer becomes older, one call asks; the others are given it
   * until that call is done, for 3 s at most and never beyond `maxStaleMs`, so that not all calls in flight ask at once.
   * @default 1000
   */
  readonly maxAgeMs?: number
  /** For how long the last good answer is given when etcd cannot be asked. 0 gives none. @default 300000 */
  readonly maxStaleMs?: number
  /** The instances that are wanted, when a call does not say it. What is kept is all of them. @default all */
  readonly filter?: InstanceFilter
  /** The most services that are kept; the one that was asked for longest ago goes. @default 10000 */
  readonly maxServices?: number
  /** Told of each record that cannot be read, whenever it is read. */
  readonly onRejected?: OnRejected
}

export interface ResolveOptions extends CallOptions {
  /**
   * `strong`: as etcd has it now, never stale. `bounded`: at most `maxAgeMs` old, and up to 3 s older while another call
   * asks for a newer one. `stale`: whatever is known, asking etcd only when nothing is. @default "bounded"
   */
  readonly consistency?: Consistency
  /** The instances that are wanted. @default the resolver's */
  readonly filter?: InstanceFilter
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
   * What is known is given without waiting. Calls that find nothing known, or nothing from the last `maxAgeMs` and 3 s, each
   * ask etcd, however many they are: a promise of one request of a Worker cannot be waited for by another.
   *
   * @throws InvalidInstanceError for a name that could leave its directory, before any call; UnavailableError,
   * DeadlineError, AuthError, ProtocolError; the caller's abort reason unchanged; TypeError for `filter`.
   */
  resolve(service: string, options?: ResolveOptions): Promise<ServiceSnapshot>
  /** All services of the format's root, in one request; cached and stale as {@link resolve}. */
  resolveAll(options?: ResolveOptions): Promise<CatalogSnapshot>
  /**
   * Warms a cold process with a snapshot from elsewhere. An older one than is known is ignored.
   * @throws InvalidInstanceError for the snapshot of a name that could leave its directory.
   */
  seed(snapshot: ServiceSnapshot): void
  /** The next answer is asked of etcd; what is known stays for when that fails. */
  expire(service: string): void
}

/** @throws RangeError for `maxAgeMs` and `maxStaleMs`, TypeError for `filter`. */
export function createResolver(etcd: EtcdClient, options: ResolverOptions = {}): Resolver {
  const { format = native(), onRejected, maxServices = 10_000 } = options
  const ownView = options.filter === undefined ? whole : remembered(createView(options.filter))
  const viewOf = (filter: InstanceFilter | undefined) => (filter === undefined ? ownView : createView(filter))
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

  const resolveAnew = async (service: string, options: ResolveOptions): Promise<ServiceSnapshot> => {
    format.dir(service)
    const view = viewOf(options.filter)
    const known = services.given(service, options.consistency)
    return view(known ?? (await services.ask(service, () => list(service, options), options)))
  }

  return {
    format,
    // What is known is given without anything being made but the promise.
    resolve(service, options = {}) {
      const known = options.filter === undefined ? services.given(service, options.consistency) : undefined
      return known === undefined ? resolveAnew(service, options) : Promise.resolve(ownView(known))
    },
    async resolveAll(options = {}) {
      const view = viewOf(options.filter)
      const known = catalogs.given('', options.consistency)
      const catalog = known ?? (await catalogs.ask('', () => listAll(options), options))
      return view === whole ? catalog : { ...catalog, services: Object.freeze(catalog.services.map(view)) }
    },
    seed(snapshot) {
      // What is known is given by its name alone.
      format.dir(snapshot.service)
      services.seed(snapshot.service, Object.freeze(snapshot))
    },
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
