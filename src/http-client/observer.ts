import type { EtcdErrorCode } from '../errors.ts'

/** One attempt of a call at one endpoint. It never holds keys, values or tokens. */
export interface EtcdRequestEvent {
  /** The path below the API prefix, such as `kv/range`. */
  readonly call: string
  /** Scheme, host and port. */
  readonly endpoint: string
  /** 1 for the first. */
  readonly attempt: number
}

export interface EtcdResponseEvent extends EtcdRequestEvent {
  /** The very object that `onRequest` was told of this attempt: the key to find its span by. */
  readonly request: EtcdRequestEvent
  /** Until the whole answer was read; of a stream, until it ended. */
  readonly durationMs: number
  /** `OK`, the code of the error, or `ABORTED` when the caller gave up or did not read on. */
  readonly code: EtcdErrorCode | 'OK' | 'ABORTED'
  /** What etcd answered, when it was an error of its own. */
  readonly grpcCode?: number
}

export interface EtcdRetryEvent extends EtcdRequestEvent {
  /** Why there is another attempt. */
  readonly code: EtcdErrorCode
  /** How long until then. */
  readonly delayMs: number
}

/** Hooks for tracing and metrics. One that throws harms no call. */
export interface EtcdObserver {
  readonly onRequest?: (event: EtcdRequestEvent) => void
  readonly onResponse?: (event: EtcdResponseEvent) => void
  readonly onRetry?: (event: EtcdRetryEvent) => void
}
