import type { InstanceInput, ServiceInstance } from './service-instance.ts'

/** A record that an ecosystem's readers want to find beside those of the instances. */
export interface Marker {
  readonly key: string
  readonly value: string
}

/**
 * How an ecosystem writes service instances into etcd. A format is plain functions over keys and values: it does no I/O
 * and keeps no state, so one object may serve any number of registrars and resolvers.
 */
export interface InstanceFormat {
  /** For messages: `native`, `raw`, `kitex`, … */
  readonly name: string
  /** The prefix under which all services live; `''` when they may live anywhere. */
  readonly root: string
  readonly defaults: {
    /** The lease of an instance when none is asked for, in seconds. */
    readonly ttlSeconds: number
    readonly weight: number
  }
  /**
   * The prefix to list and watch for the instances of one service. It ends with `/`, so that `web` never answers for
   * `web2`.
   * @throws InvalidInstanceError when the name could leave its directory.
   */
  dir(service: string): string
  /** One key more to read: SkyDNS takes the record at the name itself when it finds none below. */
  ownKey?(service: string): string
  /** The service that a key under {@link root} belongs to; undefined when it is not a key of an instance. */
  serviceOf(key: string): string | undefined
  /**
   * The id of an instance that is registered without one.
   * @param leaseId the lease that the instance is to have for itself; undefined when it shares one or has none yet
   */
  defaultId(input: InstanceInput, leaseId?: string): string
  /**
   * Where the instance is stored. The lease is granted before, for formats that write it into the key.
   * @throws InvalidInstanceError when service or id could leave their directory.
   */
  key(instance: ServiceInstance, leaseId: string): string
  /**
   * The bytes to store.
   * @throws InvalidInstanceError naming what the format cannot carry: nothing is dropped in silence.
   */
  encode(instance: ServiceInstance): Uint8Array
  /**
   * What is to be there as well before the instance is found: put when it is absent, without a lease, and left behind, for
   * the readers that want it want it most when the last instance has gone.
   */
  markers?(instance: ServiceInstance): readonly Marker[]
  /**
   * The instances that a record holds: none, one or several, each with an id of its own.
   * @param value the stored bytes, or their text when the caller has it already
   * @param service the one that was asked for, when one was: other ones' records give none. Without it, the one that the
   * key says, as {@link serviceOf}
   * @throws InvalidInstanceError when it is not a record of this format.
   */
  decode(key: string, value: Uint8Array | string, service?: string): readonly ServiceInstance[]
  /**
   * Those of all instances of a service that its callers see, in the order given: where records have a say in each other.
   * @default all
   */
  visible?<Instance extends ServiceInstance>(instances: readonly Instance[]): readonly Instance[]
}
