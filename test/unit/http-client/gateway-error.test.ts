import { describe, expect, it } from 'vitest'
import { errorFromAnswer, errorFromCancelReason, errorFromStreamLine } from '../../../src/http-client/gateway-error.ts'

const context = { call: 'kv/put', endpoint: 'http://etcd:2379', status: 400 }
/** One error as the gateway of etcd up to 3.5 and from 3.6 writes it. */
const generations = (code: number, message: string) => [
  JSON.stringify({ error: message, code, message }),
  JSON.stringify({ code, message }),
  JSON.stringify({ error: { grpc_code: code, http_code: 400, message, http_status: 'Bad Request' } }),
  JSON.stringify({ error: { code, message } }),
]

describe('errorFromAnswer', () => {
  it.each([
    [3, 'etcdserver: key is not provided', 'RPC', false],
    [5, 'etcdserver: requested lease not found', 'LEASE_NOT_FOUND', false],
    [2, 'etcdserver: requested lease not found', 'LEASE_NOT_FOUND', false],
    [11, 'etcdserver: mvcc: required revision has been compacted', 'COMPACTED', false],
    [11, 'etcdserver: mvcc: required revision is a future revision', 'RPC', false],
    [8, 'etcdserver: mvcc: database space exceeded', 'RPC', false],
    [16, 'etcdserver: invalid auth token', 'AUTH', false],
    [3, 'etcdserver: user name is empty', 'AUTH', false],
    [3, 'etcdserver: revision of auth store is old', 'AUTH', false],
    [3, 'etcdserver: authentication failed, invalid user ID or password', 'AUTH', false],
    [7, 'etcdserver: permission denied', 'AUTH', false],
    [2, 'auth: permission denied', 'AUTH', false],
    [14, 'etcdserver: no leader', 'UNAVAILABLE', true],
    [14, 'etcdserver: request timed out', 'UNAVAILABLE', true],
    [1, 'grpc: the client connection is closing', 'UNAVAILABLE', true],
    [1, 'context canceled', 'UNAVAILABLE', true],
    [4, 'context deadline exceeded', 'DEADLINE', true],
    [2, 'context deadline exceeded', 'DEADLINE', true],
    [2, 'etcdserver: too many requests', 'RPC', true],
    [9, 'etcdserver: lease already exists', 'RPC', false],
  ])('code %i "%s" is %s in every shape', (code, message, expected, retryable) => {
    for (const text of generations(code, message)) {
      const error = errorFromAnswer(text, context)
      expect([error.code, error.retryable, error.endpoint]).toEqual([expected, retryable, 'http://etcd:2379'])
      expect(error.message).toBe(`kv/put: ${message}`)
    }
  })

  it.each([
    [404, '404 page not found\n', false, /HTTP 404, "404 page not found".*--enable-grpc-gateway/],
    [421, '<html>\n<h1>Misdirected</h1>', false, /HTTP 421, "<html> <h1>Misdirected<\/h1>".*--host-whitelist/],
    [400, 'CommonName of client sending a request against gateway will be ignored', false, /CommonName cannot pass/],
    [502, '<html>Bad Gateway</html>', true, /HTTP 502/],
    [200, '', false, /HTTP 200, ""/],
    [200, '[]', false, /HTTP 200, "\[\]"/],
    [403, '{"message":"proxy says no"}', false, /HTTP 403/],
  ])('HTTP %i %j is a ProtocolError that shows status and first bytes', (status, text, retryable, message) => {
    const error = errorFromAnswer(text, { ...context, status })
    expect(error).toMatchObject({ code: 'PROTOCOL', status, retryable })
    expect(error.message).toMatch(message)
  })

  it('shows the first 200 bytes and no control characters of a long page', () => {
    const error = errorFromAnswer(`\u001b[31m${'x'.repeat(5000)}`, context)
    expect(error.message.length).toBeLessThan(350)
    expect(error.message).not.toMatch(/\p{Cc}/u)
  })
})

it('errorFromStreamLine never throws, whatever the line holds', () => {
  for (const odd of [null, 5, 'x', {}, [], { code: 'x' }, { code: 0 }]) {
    expect(errorFromStreamLine(odd, context).code).toBe('RPC')
  }
})

describe('errorFromCancelReason', () => {
  it('reads an RPC error that is written out', () => {
    const reason = 'rpc error: code = PermissionDenied desc = etcdserver: permission denied'
    expect(errorFromCancelReason(reason, context)).toMatchObject({
      code: 'AUTH',
      grpcCode: 7,
      message: 'kv/put: etcdserver: permission denied',
    })
  })

  it('leaves other reasons alone', () => {
    expect(errorFromCancelReason('mvcc: watcher range is empty', context)).toBeUndefined()
  })
})
