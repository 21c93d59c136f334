/**
 * Every error of this library: one base with a permanent `code`, and a class wherever a caller would do something different.
 *
 * Wrong arguments are not here: they are `TypeError` or `RangeError`, thrown before any call (see {@link noKeyError}).
 */

/** The permanent codes. They are part of the contract: a code is never renamed and never changes its meaning. */
export type EtcdErrorCode =
  | 'UNAVAILABLE'
  | 'DEADLINE'
  | 'PROTOCOL'
  | 'RPC'
  | 'AUTH'
  | 'LEASE_NOT_FOUND'
  | 'COMPACTED'
  | 'WATCH_CANCELED'
  | 'INVALID_INSTANCE'
  | 'INSTANCE_CONFLICT'
  | 'NO_INSTANCES'
  | 'RETRY'

export interface EtcdErrorOptions {
  readonly cause?: unknown
  /** Whether the same call may succeed when it is made again, unchanged. */
  readonly retryable?: boolean
  /** Whether the call surely had no effect. */
  readonly notExecuted?: boolean
  /** The endpoint that failed, as its origin: never with credentials. */
  readonly endpoint?: string
}

const brand = Symbol.for('etcd-edge.error')

/** The base of every error that is not a wrong argument or the caller's own abort reason. */
export class EtcdError extends Error {
  override readonly name: string = 'EtcdError'
  readonly code: EtcdErrorCode
  /** Whether the same call may succeed when it is made again, unchanged. It does not say that the first one had no effect. */
  readonly retryable: boolean
  /** Whether the call surely had no effect, so that a write may be repeated; false when that is not known. */
  readonly notExecuted: boolean
  /** The endpoint that failed, as its origin; absent when no endpoint was involved. */
  readonly endpoint: string | undefined

  constructor(code: EtcdErrorCode, message: string, options: EtcdErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.notExecuted = options.notExecuted ?? false
    this.endpoint = options.endpoint
    Object.defineProperty(this, brand, { value: true })
  }
}

/** etcd could not be reached, or says that it cannot serve right now (gRPC code 14: no leader, leader changed; code 1: it ends). */
export class UnavailableError extends EtcdError {
  override readonly name = 'UnavailableError'
  constructor(message: string, options: EtcdErrorOptions = {}) {
    super('UNAVAILABLE', message, { retryable: true, ...options })
  }
}

/** The time allowed for a call has passed (`timeoutMs`, or gRPC code 4). Whether a write took effect is unknown. */
export class DeadlineError extends EtcdError {
  override readonly name = 'DeadlineError'
  constructor(message: string, options: EtcdErrorOptions = {}) {
    super('DEADLINE', message, { retryable: true, ...options })
  }
}

/** Something answered that does not speak etcd's JSON gateway: a proxy's page, a disabled gateway, a wrong path. */
export class ProtocolError extends EtcdError {
  override readonly name = 'ProtocolError'
  /** The HTTP status of the answer; absent when the trouble was in the middle of a stream. */
  readonly status: number | undefined
  constructor(message: string, options: EtcdErrorOptions & { readonly status?: number } = {}) {
    super('PROTOCOL', message, options)
    this.status = options.status
  }
}

export interface RpcErrorOptions extends EtcdErrorOptions {
  readonly code?: 'RPC' | 'AUTH' | 'LEASE_NOT_FOUND' | 'COMPACTED'
}

/** etcd answered with an error. Branch on the class, then on `grpcCode`; HTTP statuses differ between etcd's versions. */
export class RpcError extends EtcdError {
  override readonly name: string = 'RpcError'
  /** The gRPC status code (`google.rpc.Code`). */
  readonly grpcCode: number
  constructor(message: string, grpcCode: number, options: RpcErrorOptions = {}) {
    super(options.code ?? 'RPC', message, options)
    this.grpcCode = grpcCode
  }
}

/** Login failed, a token is missing or no longer valid, or the permission does not cover the keys. */
export class AuthError extends RpcError {
  override readonly name = 'AuthError'
  constructor(message: string, grpcCode: number, options: EtcdErrorOptions = {}) {
    super(message, grpcCode, { ...options, code: 'AUTH' })
  }
}

/** The lease has expired, was revoked or never existed: take a new one. */
export class LeaseNotFoundError extends RpcError {
  override readonly name = 'LeaseNotFoundError'
  readonly leaseId: string | undefined
  constructor(message: string, options: EtcdErrorOptions & { readonly leaseId?: string } = {}) {
    super(message, 5, { ...options, code: 'LEASE_NOT_FOUND' })
    this.leaseId = options.leaseId
  }
}

/** The revision that was asked for is no longer kept: list again at the current one. */
export class CompactedError extends RpcError {
  override readonly name = 'CompactedError'
  constructor(message: string, options: EtcdErrorOptions = {}) {
    super(message, 11, { ...options, code: 'COMPACTED' })
  }
}

/** etcd ended a watch for a reason that opening it again does not cure. */
export class WatchCanceledError extends EtcdError {
  override readonly name = 'WatchCanceledError'
  /** etcd's own words (`cancel_reason`). */
  readonly reason: string
  constructor(reason: string, options: EtcdErrorOptions = {}) {
    super('WATCH_CANCELED', `etcd canceled the watch: ${reason || 'no reason given'}`, options)
    this.reason = reason
  }
}

/** A service instance, or a record of one, that its format cannot hold. */
export class InvalidInstanceError extends EtcdError {
  override readonly name = 'InvalidInstanceError'
  /** The field at fault, for example `address`. */
  readonly field: string
  constructor(field: string, message: string, options: EtcdErrorOptions = {}) {
    super('INVALID_INSTANCE', `${field}: ${message}`, options)
    this.field = field
  }
}

/** The key of an instance belongs to somebody else. */
export class InstanceConflictError extends EtcdError {
  override readonly name = 'InstanceConflictError'
  readonly key: string
  /** The lease that holds the key; `"0"` when none does. */
  readonly leaseId: string
  constructor(key: string, leaseId: string, message: string, options: EtcdErrorOptions = {}) {
    super('INSTANCE_CONFLICT', message, options)
    this.key = key
    this.leaseId = leaseId
  }
}

/** There is no instance to pick: none is registered, or all are drained or excluded. */
export class NoInstancesError extends EtcdError {
  override readonly name = 'NoInstancesError'
  readonly service: string | undefined
  constructor(message: string, options: EtcdErrorOptions & { readonly service?: string } = {}) {
    super('NO_INSTANCES', message, { retryable: true, ...options })
    this.service = options.service
  }
}

/** No attempt succeeded, and there are no more; go-kit's `lb.RetryError`. */
export class RetryError extends EtcdError {
  override readonly name = 'RetryError'
  /** What each attempt ended with, in order, as it was. */
  readonly errors: readonly unknown[]
  /** What ended it: the last of `errors`, or what a callback put in its place. */
  readonly final: unknown
  /** @param errors at least one */
  constructor(errors: readonly unknown[], final: unknown) {
    const retryable = isEtcdError(final) && final.retryable
    super('RETRY', retryMessage(errors, final), { cause: final, retryable })
    this.errors = errors
    this.final = final
  }
}

/** As go-kit writes it, and of many attempts the last ten. */
function retryMessage(errors: readonly unknown[], final: unknown): string {
  const text = (error: unknown) => (error instanceof Error ? error.message : String(error))
  const previous = errors.slice(0, -1)
  const shown = previous.slice(-10).map(text).join('; ')
  return previous.length === 0 ? text(final) : `${text(final)} (previously: ${shown})`
}

/** All classes, so that `switch (error.code)` can be exhaustive. */
export type AnyEtcdError =
  | UnavailableError
  | DeadlineError
  | ProtocolError
  | RpcError
  | AuthError
  | LeaseNotFoundError
  | CompactedError
  | WatchCanceledError
  | InvalidInstanceError
  | InstanceConflictError
  | NoInstancesError
  | RetryError

/** Whether a caught value is one of this library's errors, also when it comes from another copy of the package. */
export function isEtcdError(value: unknown): value is AnyEtcdError {
  return typeof value === 'object' && value !== null && brand in value
}

/** An empty key was given; go-kit's `ErrNoKey` (`sd/etcdv3/client.go`). */
export function noKeyError(argument: string): TypeError & { readonly code: 'NO_KEY' } {
  return Object.assign(new TypeError(`${argument}: no key provided`), { code: 'NO_KEY' as const })
}

/** An empty value was given; go-kit's `ErrNoValue` (`sd/etcdv3/client.go`). */
export function noValueError(argument: string): TypeError & { readonly code: 'NO_VALUE' } {
  return Object.assign(new TypeError(`${argument}: no value provided`), { code: 'NO_VALUE' as const })
}
