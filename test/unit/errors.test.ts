import { describe, expect, it } from 'vitest'
import {
  AuthError,
  CompactedError,
  DeadlineError,
  EtcdError,
  InstanceConflictError,
  InvalidInstanceError,
  isEtcdError,
  LeaseNotFoundError,
  NoInstancesError,
  noKeyError,
  noValueError,
  ProtocolError,
  RetryError,
  RpcError,
  UnavailableError,
  WatchCanceledError,
} from '../../src/errors.ts'

const every = [
  [new UnavailableError('m'), 'UNAVAILABLE', true],
  [new DeadlineError('m'), 'DEADLINE', true],
  [new ProtocolError('m', { status: 404 }), 'PROTOCOL', false],
  [new RpcError('m', 3), 'RPC', false],
  [new AuthError('m', 16), 'AUTH', false],
  [new LeaseNotFoundError('m'), 'LEASE_NOT_FOUND', false],
  [new CompactedError('m'), 'COMPACTED', false],
  [new WatchCanceledError('why'), 'WATCH_CANCELED', false],
  [new InvalidInstanceError('address', 'm'), 'INVALID_INSTANCE', false],
  [new InstanceConflictError('/k', '7', 'm'), 'INSTANCE_CONFLICT', false],
  [new NoInstancesError('m'), 'NO_INSTANCES', true],
  [new RetryError([new Error('m')], new Error('m')), 'RETRY', false],
  [new RetryError(['m'], new UnavailableError('m')), 'RETRY', true],
] as const

describe('errors', () => {
  it.each(every)('%s has its permanent code, its own name and the common base', (error, code, retryable) => {
    expect(error.code).toBe(code)
    expect(error.retryable).toBe(retryable)
    expect(error.name).toBe(error.constructor.name)
    expect(error).toBeInstanceOf(EtcdError)
    expect(isEtcdError(error)).toBe(true)
  })

  it('an error of another copy of the package is recognised', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('etcd-edge.error')]: true, code: 'RPC' })
    expect(isEtcdError(foreign)).toBe(true)
    expect(isEtcdError(new Error('x'))).toBe(false)
    expect(isEtcdError(null)).toBe(false)
  })

  it('what etcd itself said is an RpcError, whatever its class', () => {
    expect(new AuthError('m', 7)).toBeInstanceOf(RpcError)
    expect(new LeaseNotFoundError('m').grpcCode).toBe(5)
    expect(new CompactedError('m').grpcCode).toBe(11)
  })

  it('keeps the cause', () => {
    const cause = new Error('socket')
    expect(new UnavailableError('m', { cause }).cause).toBe(cause)
  })

  it('a missing key or value is a TypeError with the code of go-kit’s error', () => {
    expect(noKeyError('key')).toBeInstanceOf(TypeError)
    expect(noKeyError('key').code).toBe('NO_KEY')
    expect(noValueError('value').code).toBe('NO_VALUE')
  })
})
