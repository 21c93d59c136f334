import type { CallOptions, EtcdClient } from '../http-client/index.ts'
import { type InstanceFormat, native } from '../instance/index.ts'
import type { InstanceFilter } from './instance-filter.ts'
import { keepLastSet } from './kept-set.ts'
import { type OnEmpty, readOnEmpty } from './on-empty.ts'
import type { OnRejected, ServiceSnapshot } from './service-snapshot.ts'
import { type Consistency, createSnapshotCache } from './snapshot-cache.ts'
import { type CatalogSnapshot, createSnapshotSource } from './snapshot-source.ts'
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
  /**
   * What to do when etcd says that a service has no instance any more. `accept`: etcd's word counts. `{ keepLastMs }`: a guard
   * against a mass expiry. Until `keepLastMs` have passed since etcd first said so, the last set that was not empty is given,
   * with those who had left it within `keepLastMs` before, for leases that expire together are deleted one after the other. It
   * is `stale`, and has the revision and the time of when etcd confirmed it. That ends when there is an instance again; when
   * the time is over the set is empty, also if etcd cannot be asked by then. A set that was confirmed longer ago than
   * `maxStaleMs` is not brought back. etcd does not tell an expiry from a deregistration: whoever leaves on purpose, the
   * last of all, is kept as well. `strong` and `resolveAll` always give etcd's word.
   * @default 'accept'
   */
  readonly onEmpty?: OnEmpty
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
  /**
   * The snapshots of several services, in the order of their names: `const [web, api] = await resolver.resolveMany(['web',
   * 'api'])`. Each is what {@link resolve} would give; those for which etcd has to be asked are asked together, in one
   * request for 128 (a format with a key beside the directory, `skydns()`, takes two of these) and 20,000 records, and are of
   * one revision. What is known has its own. Names may be repeated; without any, nothing is asked.
   *
   * When etcd cannot be asked, each of these is its last good snapshot, as {@link resolve} has it. If there is none of even
   * one of them, the call rejects: no answer is given in part.
   *
   * @throws as {@link resolve}, and CompactedError when etcd was compacted between the requests, again and again; TypeError
   * for `names`.
   */
  resolveMany<const Names extends readonly string[]>(
    names: Names,
    options?: ResolveOptions,
  ): Promise<{ readonly [Index in keyof Names]: ServiceSnapshot }>
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

/** @throws RangeError for `maxAgeMs`, `maxStaleMs` and `onEmpty.keepLastMs`, TypeError for `filter` and `onEmpty`. */
export function createResolver(etcd: EtcdClient, options: ResolverOptions = {}): Resolver {
  const { format = native(), onRejected, maxServices = 10_000 } = options
  const ownView = options.filter === undefined ? whole : remembered(createView(options.filter))
  const viewOf = (filter: InstanceFilter | undefined) => (filter === undefined ? ownView : createView(filter))
  const maxAgeMs = checkAge(options.maxAgeMs, 1000, 'maxAgeMs')
  const maxStaleMs = checkAge(options.maxStaleMs, 300_000, 'maxStaleMs')
  const limits = { maxAgeMs, maxStaleMs }
  const keepLastMs = readOnEmpty(options.onEmpty)
  const keep = keepLastMs === undefined ? undefined : keepLastSet({ keepLastMs, maxStaleMs, format })
  const services = createSnapshotCache<ServiceSnapshot>({ ...limits, maxEntries: maxServices, keep })
  const catalogs = createSnapshotCache<CatalogSnapshot>({ ...limits, maxEntries: 1 })

  const lastInstances = (service: string) => services.peek(service)?.instances
  const source = createSnapshotSource(etcd, format, { onRejected, known: lastInstances })

  const resolveAnew = async (service: string, options: ResolveOptions = {}): Promise<ServiceSnapshot> => {
    format.dir(service)
    const view = viewOf(options.filter)
    const known = services.given(service, options.consistency)
    return view(known ?? (await services.ask(service, () => source.one(service, options), options)))
  }

  return {
    format,
    // What is known is given without anything being made but the promise.
    resolve(service, options) {
      const known = options?.filter === undefined ? services.given(service, options?.consistency) : undefined
      return known === undefined ? resolveAnew(service, options) : Promise.resolve(ownView(known))
    },
    async resolveMany<const Names extends readonly string[]>(names: Names, options: ResolveOptions = {}) {
      if (!Array.isArray(names)) throw new TypeError('names must be an array of service names')
      const wanted: readonly string[] = [...names]
      for (const name of wanted) format.dir(name)
      const view = viewOf(options.filter)
      const load = (missing: readonly string[]) => source.many(missing, options)
      const snapshots = await services.readMany(wanted, load, options)
      return snapshots.map(view) as { readonly [Index in keyof Names]: ServiceSnapshot }
    },
    async resolveAll(options = {}) {
      const view = viewOf(options.filter)
      const known = catalogs.given('', options.consistency)
      const catalog = known ?? (await catalogs.ask('', () => source.all(options), options))
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

function checkAge(value: number | undefined, preset: number, option: string): number {
  const age = value ?? preset
  if (!(age >= 0)) throw new RangeError(`${option} must be 0 or more milliseconds, got ${age}`)
  return age
}
