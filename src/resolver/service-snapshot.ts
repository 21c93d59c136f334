import type { LeaseId } from '../http-client/index.ts'
import type { ServiceInstance } from '../instance/index.ts'

/** An instance and where it was found. */
export interface ResolvedInstance extends ServiceInstance {
  readonly key: string
  /** `"0"` when no lease holds it. */
  readonly leaseId: LeaseId
  readonly createRevision: number
  readonly modRevision: number
}

/** The instances of a service at one revision. Plain, frozen and serializable: keep it anywhere, seed a resolver with it. */
export interface ServiceSnapshot {
  readonly service: string
  /** The revision of etcd that this is the state of. */
  readonly revision: number
  readonly clusterId: string
  /** In the order of their keys. Empty only when etcd said so. */
  readonly instances: readonly ResolvedInstance[]
  /** When etcd last confirmed it: milliseconds since 1970. A failure never moves it. */
  readonly updatedAt: number
  /**
   * This is what was known last: etcd cannot be asked right now, or has nobody any more and `onEmpty` keeps those who left
   * last. What is kept has the revision and the time of the last set that etcd confirmed.
   */
  readonly stale: boolean
  /** How many records under the service could not be read. */
  readonly rejected: number
}

/** Told of a record that cannot be read: its key, and why. */
export type OnRejected = (key: string, reason: unknown) => void
