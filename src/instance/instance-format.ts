import type { InstanceInput, ServiceInstance } from './service-instance.ts'

/**
 * How an ecosystem writes service instances into etcd. A format is plain functions over keys and values: it does no I/O
 * and keeps no state, so one object may serve any number of registrars and resolvers.
 */
export interface InstanceFormat {
  /** For messages: `native`, `raw`, `kitex`, … */
  readonly name: string
  /** The prefix under which all services live. */
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
  /** The service that a key under {@link root} belongs to; undefined when it is not a key of an instance. */
  serviceOf(key: string): string | undefined
  /** The id of an instance that is registered without one. */
  defaultId(input: InstanceInput): string
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
   * The instances that a record holds: none, one or several.
   * @param value the stored bytes, or their text when the caller has it already
   * @throws InvalidInstanceError when it is not a record of this format.
   */
  decode(key: string, value: Uint8Array | string): readonly ServiceInstance[]
}
