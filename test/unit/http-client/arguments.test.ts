import { expect, it, vi } from 'vitest'
import { compare, createEtcdClient, type FetchLike, op } from '../../../src/http-client/index.ts'

const fetch = vi.fn<FetchLike>(async () => new Response('{}'))
const etcd = createEtcdClient({ endpoints: ['http://127.0.0.1:2379'], fetch })
const never = async () => expect(fetch).not.toHaveBeenCalled()

it.each([
  [() => createEtcdClient({ endpoints: [] }), TypeError, /endpoints/],
  [() => createEtcdClient({ endpoints: ['etcd:2379'] }), TypeError, /endpoints\[0\]/],
  [() => createEtcdClient({ endpoints: ['http://a', 'nonsense'] }), TypeError, /endpoints\[1\]/],
  [() => createEtcdClient({ endpoints: ['http://a/?x=1'] }), TypeError, /endpoints\[0\]/],
  [() => createEtcdClient({ endpoints: ['http://a'], timeoutMs: 0 }), RangeError, /timeoutMs/],
  [() => createEtcdClient({ endpoints: ['http://a'], timeoutMs: Number.NaN }), RangeError, /timeoutMs/],
  [() => createEtcdClient({ endpoints: ['http://a'], apiPrefix: 'v3/' }), TypeError, /apiPrefix/],
  [() => createEtcdClient({ endpoints: ['http://a'], fetch: 'x' as never }), TypeError, /fetch/],
])('a wrong option of the client is named at once (%#)', (create, type, message) => {
  expect(create).toThrow(type)
  expect(create).toThrow(message)
})

it('credentials in an endpoint are refused, and not repeated in the message', () => {
  const create = () => createEtcdClient({ endpoints: ['http://root:hunter2@etcd:2379'] })
  expect(create).toThrow(/must not hold credentials/)
  expect(create).not.toThrow(/hunter2/)
})

it('a proxy may mount the gateway elsewhere', async () => {
  const seen: string[] = []
  const proxied = createEtcdClient({
    endpoints: ['https://proxy/etcd/'],
    apiPrefix: '/api/v3',
    fetch: async (url) => {
      seen.push(url)
      return new Response('{}')
    },
  })
  await proxied.kv.get('k')
  expect(seen).toEqual(['https://proxy/etcd/api/v3/kv/range'])
})

it.each([
  ['an empty key of get', () => etcd.kv.get(''), { code: 'NO_KEY', name: 'TypeError' }],
  ['an empty key of put', () => etcd.kv.put('', 'v'), { code: 'NO_KEY' }],
  ['an empty key of delete', () => etcd.kv.delete(''), { code: 'NO_KEY' }],
  ['an empty value of put', () => etcd.kv.put('k', ''), { code: 'NO_VALUE', name: 'TypeError' }],
  ['empty bytes as a value', () => etcd.kv.put('k', new Uint8Array()), { code: 'NO_VALUE' }],
  ['a TTL of 0', () => etcd.lease.grant(0), { name: 'RangeError', message: /ttlSeconds/ }],
  ['a TTL of 1.5', () => etcd.lease.grant(1.5), { name: 'RangeError', message: /ttlSeconds/ }],
  ['a lease id that is a number', () => etcd.lease.revoke(7 as never), { name: 'TypeError', message: /leaseId/ }],
  ['a lease id in hex', () => etcd.kv.put('k', 'v', { leaseId: '694da' }), { name: 'TypeError', message: /leaseId/ }],
  ['an unknown order', () => etcd.kv.list({ prefix: '', order: 'up' as never }), { message: /order/ }],
  ['an unknown sort', () => etcd.kv.list({ prefix: '', sortBy: 'KEY' as never }), { message: /sortBy/ }],
  ['a limit of 1.5', () => etcd.kv.list({ prefix: '', limit: 1.5 }), { name: 'RangeError', message: /limit/ }],
  ['a timeout of 0', () => etcd.kv.get('k', { timeoutMs: 0 }), { name: 'RangeError', message: /timeoutMs/ }],
])('%s is refused before anything is sent', async (_, call, error) => {
  const { message, ...rest } = error as { message?: RegExp }
  const failure = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(failure).toMatchObject(rest)
  if (message) expect((failure as Error).message).toMatch(message)
  await never()
})

it('wrong options of a watch and of a transaction are refused at once', () => {
  expect(() => etcd.watch({ key: '' })).toThrow(expect.objectContaining({ code: 'NO_KEY' }))
  expect(() => etcd.watch({ prefix: 'a', startRevision: 0 })).toThrow(/startRevision/)
  expect(() => etcd.watch({ prefix: 'a', idleMs: 0 })).toThrow(/idleMs/)
  expect(() => compare.version('k', '==' as never, 1)).toThrow(/sign/)
  expect(() => op.put('k', '')).toThrow(expect.objectContaining({ code: 'NO_VALUE' }))
  expect(fetch).not.toHaveBeenCalled()
})

it('a transaction that is awaited instead of committed says so', async () => {
  const txn: unknown = etcd.kv.txn().if()
  await expect((async () => await txn)()).rejects.toThrow(/call commit\(\)/)
})
