import type { InstanceFormat, InstanceInput, ServiceInstance } from 'etcd-edge/instance'

/** An instance as the programs of `interop/go` print it. */
export interface PeerInstance {
  readonly id?: string
  readonly address: string
  readonly scheme?: string
  readonly version?: string
  readonly weight?: number
  readonly metadata?: Readonly<Record<string, string>>
}

/** What a framework sees of a service. */
export type PeerState = { readonly instances: readonly PeerInstance[] } | { readonly error: string }

type Described = Omit<InstanceInput, 'service'>

/** A framework whose own code registers and resolves. */
export interface Framework {
  /** For people. */
  readonly name: string
  /** The Go module that its version is of. */
  readonly module: string
  /** Its folder in `interop/go`. */
  readonly program: string
  /** Which of its ways to resolve, where it has several. */
  readonly view?: string
  /** The oldest etcd that its client takes. @default 3.4 */
  readonly leastEtcd?: string
  readonly format: InstanceFormat
  /** What stands before the names of services, where they may have several segments. */
  readonly directory?: string
  readonly oursToTheirs: OursToTheirs
  /** Absent where it does not register, or has done so in another of its views. */
  readonly theirsToOurs?: TheirsToOurs
}

export interface OursToTheirs {
  readonly registered: Described
  readonly seen: PeerInstance
  /** What is registered and not seen: its own code does not look at it. */
  readonly lost?: readonly (keyof Described)[]
  readonly changed: Described
  readonly seenChanged: PeerInstance
  /** When no instance is there. @default an empty list */
  readonly seenEmpty?: (service: string) => PeerState
  /** It asks again and again: there is no watch that could be waited for. @default false */
  readonly polls?: boolean
  readonly others?: readonly OursCase[]
}

export interface OursCase {
  /** What is registered, for the name of the test. */
  readonly what: string
  readonly registered: Described
  readonly seen: PeerInstance
}

export interface TheirsToOurs {
  readonly registered: PeerInstance
  readonly seen: Partial<ServiceInstance>
  /** What theirs does not say, and ours takes for granted. */
  readonly assumed?: Partial<ServiceInstance>
  /** Its code has another order of fields, or none. @default false */
  readonly otherBytes?: boolean
  readonly others?: readonly TheirsCase[]
}

export interface TheirsCase {
  /** What is registered, for the name of the test. */
  readonly what: string
  readonly registered: PeerInstance
  readonly seen: readonly Partial<ServiceInstance>[]
}
