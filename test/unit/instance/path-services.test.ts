import { describe, expect, it } from 'vitest'
import { completeInstance, goZero, grpcNaming } from '../../../src/instance/index.ts'

const invalid = (field: string) => expect.objectContaining({ code: 'INVALID_INSTANCE', field })
const instance = { id: '7', service: 'shop/order.rpc', address: '10.0.0.5:8080', weight: 100, tags: {} }

describe.each([
  ['goZero', goZero],
  ['grpcNaming', grpcNaming],
] as const)('%s, whose services may be several segments', (_, create) => {
  it.each(['/x', 'x/', 'a//b', 'a/../b', 'a/.', 'a\n/b'])('refuses the service %j', (service) => {
    expect(() => create().dir(service)).toThrow(invalid('service'))
  })

  it('a prefix may end with a slash, begin with one, or be nothing else', () => {
    const dirs = ['', '/', 'svc', 'svc/', '/svc'].map((prefix) => create({ prefix }).dir('a/b'))
    expect(dirs).toEqual(['a/b/', '/a/b/', 'svc/a/b/', 'svc/a/b/', '/svc/a/b/'])
    expect(() => create({ prefix: 5 as never })).toThrow(TypeError)
  })

  it.each([
    ['scheme', { scheme: 'http' }],
    ['status', { status: 'draining' as const }],
    ['weight', { weight: 0 }],
    ['extra.other', { extra: { other: 'x' } }],
  ])('refuses %s', (field, more) => {
    // go-zero has no extra at all.
    const named = field === 'extra.other' && create === goZero ? 'extra' : field
    expect(() => create().encode({ ...instance, ...more })).toThrow(invalid(named))
  })
})

describe('goZero', () => {
  it('is named by its lease, or at random when it has none for itself', () => {
    const input = { service: 'user.rpc', address: '10.0.0.5:8080' }
    expect(completeInstance(input, goZero(), '123').id).toBe('123')
    const ids = [1, 2].map(() => completeInstance(input, goZero()).id)
    expect(ids[0]).toMatch(/^[1-9]\d*$/)
    expect(ids[0]).not.toBe(ids[1])
  })

  it.each(['0', '-1', '07', 'a', '', '9223372036854775808'])('refuses the id %j, which is no Etcd.ID', (id) => {
    expect(() => goZero().key({ ...instance, id }, '1')).toThrow(invalid('id'))
  })

  it('a Key does not answer for another that begins with it', () => {
    expect(goZero().decode('shop/order.rpc/7', '10.0.0.5:8080', 'shop')).toEqual([])
    expect(goZero().decode('shop/order.rpc/7', '10.0.0.5:8080', 'shop/order.rpc')).toMatchObject([{ id: '7' }])
  })

  it('several keys with one address are one instance', () => {
    const other = { ...instance, id: '9', address: '10.0.0.6:8080' }
    expect(goZero().visible?.([instance, { ...instance, id: '8' }, other])).toEqual([instance, other])
  })

  it.each(['', 'nothing', 'http://10.0.0.5:8080', '{"Addr":"10.0.0.5:8080"}'])('refuses the value %j', (value) => {
    expect(() => goZero().decode('user.rpc/7', value)).toThrow(invalid('value'))
  })

  it.each([
    ['tags', { tags: { a: 'b' } }],
    ['version', { version: '1' }],
    ['zone', { zone: 'z' }],
    ['weight', { weight: 50 }],
  ])('refuses %s, for which a bare address has no place', (field, more) => {
    expect(() => goZero().encode({ ...instance, ...more })).toThrow(invalid(field))
  })
})

describe('grpcNaming', () => {
  const decode = (metadata: unknown, more: object = {}) =>
    grpcNaming().decode('svc/pay/b', JSON.stringify({ Addr: 'a:1', Metadata: metadata, ...more }))[0]

  it('does not look at Op, as etcd does not, and misses neither it nor the metadata', () => {
    expect(decode(null, { Op: 1 })).toMatchObject({ address: 'a:1', tags: {} })
    expect(grpcNaming().decode('svc/pay/b', '{"addr":"a:1"}')).toMatchObject([{ address: 'a:1' }])
  })

  it('what lies deeper under a target belongs to it', () => {
    const deep = (service?: string) => grpcNaming().decode('svc/pay/eu/b', '{"Addr":"a:1"}', service)[0]
    expect(deep('svc/pay')).toMatchObject({ id: 'eu/b', service: 'svc/pay' })
    expect(deep()).toMatchObject({ id: 'b', service: 'svc/pay/eu' })
  })

  it.each<[unknown, object]>([
    [{ weight: '20' }, { weight: 20, tags: {}, extra: { metadata: '{"weight":"20"}' } }],
    [{ weight: 0 }, { weight: 0, tags: {} }],
    [{ weight: 'x' }, { weight: 100, tags: { weight: 'x' } }],
    [
      { zone: 'z', version: '2', env: 'prod' },
      { zone: 'z', version: '2', tags: { zone: 'z', version: '2', env: 'prod' } },
    ],
    [{ deep: { a: [1] }, on: true }, { tags: { deep: '{"a":[1]}', on: 'true' } }],
    [[1, 2], { tags: { metadata: '[1,2]' }, extra: { metadata: '[1,2]' } }],
    [5, { tags: { metadata: '5' }, extra: { metadata: '5' } }],
  ])('reads the metadata %j', (metadata, expected) => {
    expect(decode(metadata)).toMatchObject(expected)
  })

  it.each(['', '1.2.3.4', 'a b:1'])('refuses the address %j, which gRPC could not dial', (Addr) => {
    expect(() => decode(null, { Addr })).toThrow(invalid('Addr'))
  })

  it.each([
    ['extra.metadata', { extra: { metadata: 'no JSON' } }],
    ['extra.metadata', { extra: { metadata: '{"zone":"z2"}' }, tags: { zone: 'z1' } }],
    ['extra.metadata', { extra: { metadata: '{"weight":5}' } }],
    ['weight', { tags: { weight: '5' } }],
    ['zone', { zone: 'a', tags: { zone: 'b' } }],
  ])('refuses %s that does not say the same as the instance', (field, more) => {
    expect(() => grpcNaming().encode({ ...instance, ...more })).toThrow(invalid(field))
  })
})
