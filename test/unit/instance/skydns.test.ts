import { describe, expect, it } from 'vitest'
import { completeInstance, rangesOf, type ServiceInstance, skydns } from '../../../src/instance/index.ts'

const invalid = (field: string) => expect.objectContaining({ code: 'INVALID_INSTANCE', field })
const key = '/skydns/local/cluster/pay/a1'
const service = 'pay.cluster.local'
const instance = { id: 'a1', service, address: '10.0.0.3:8080', weight: 100, tags: {} }
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe('skydns', () => {
  it('a record without a port is the host alone', () => {
    const value = '{"host":"2001:db8::1"}'
    const [read] = skydns().decode('/skydns/local/cluster/pay/a2', value)
    expect(read).toEqual({ id: 'a2', service, address: '[2001:db8::1]', weight: 100, tags: {} })
    expect(read && textOf(skydns().encode(read))).toBe(value)
    expect(skydns().decode(key, '{"host":"web.example.org"}')).toMatchObject([{ address: 'web.example.org' }])
  })

  it('a record of external-dns belongs to the name that it says, and is written again as it was', () => {
    const value = '{"host":"10.1.2.3","ttl":300,"targetstrip":1,"owner":"default"}'
    const [read] = skydns().decode('/skydns/org/example/www/3f1a2b4c', value)
    expect(read).toMatchObject({
      id: '3f1a2b4c',
      service: 'www.example.org',
      address: '10.1.2.3',
      extra: { ttl: '300', targetstrip: '1', owner: 'default' },
    })
    expect(read && textOf(skydns().encode(read))).toBe(value)
    expect(skydns().decode('/skydns/org/example/www/x/y', '{"host":"a","targetstrip":2}')).toMatchObject([
      { id: 'y.x', service: 'www.example.org' },
    ])
  })

  it.each(['{"text":"v=1"}', '{"host":"mx.example.org","mail":true}', '{}'])('%s is no instance', (value) => {
    expect(skydns().decode(key, value)).toEqual([])
  })

  it('what lies deeper belongs to the name too, and to no other', () => {
    const deep = '/skydns/local/cluster/pay/eu/a1'
    const decode = (asked?: string) => skydns().decode(deep, '{"host":"10.0.0.3"}', asked)
    expect(decode('Pay.Cluster.Local')).toMatchObject([{ id: 'a1.eu', service }])
    expect(decode('cluster.local')).toMatchObject([{ id: 'a1.eu.pay', service: 'cluster.local' }])
    expect(decode()).toMatchObject([{ id: 'a1', service: 'eu.pay.cluster.local' }])
    expect(decode('pay2.cluster.local')).toEqual([])
    expect(skydns().key({ ...instance, id: 'a1.eu' }, '1')).toBe(deep)
  })

  it('the record at the name itself counts when there is none below', () => {
    const own = '/skydns/local/cluster/pay'
    expect(rangesOf(skydns(), service)).toEqual([{ prefix: `${own}/` }, { key: own, rangeEnd: `${own}\0` }])
    const [at] = skydns().decode(own, '{"host":"10.0.0.9","port":80}', service)
    expect(at).toMatchObject({ id: '@', service })
    expect(at && skydns().key(at, '1')).toBe(own)
    const both = at === undefined ? [] : [at, instance]
    expect(skydns().visible?.(both)).toEqual([instance])
    expect(skydns().visible?.(both.slice(0, 1))).toEqual([at])
  })

  it.each<[string, [id: string, group: string][], string[]]>([
    [
      'the shortest key says which group',
      [
        ['a.x', 'g2'],
        ['b.x', ''],
        ['c', 'g1'],
        ['d.x', 'g1'],
      ],
      ['b.x', 'c', 'd.x'],
    ],
    [
      'a shorter key without a group ends the search',
      [
        ['a.x', 'g1'],
        ['b', ''],
        ['c', 'g2'],
      ],
      ['a.x', 'b'],
    ],
    [
      'no group, no filter',
      [
        ['a', ''],
        ['b.x', 'g1'],
        ['c.x', 'g2'],
      ],
      ['a', 'b.x', 'c.x'],
    ],
    [
      'others as short disagree',
      [
        ['a', 'g1'],
        ['b', 'g2'],
        ['c.x', 'g3'],
      ],
      ['a', 'b', 'c.x'],
    ],
  ])('%s', (_, rows, seen) => {
    const instances = rows.map(([id, group]): ServiceInstance => ({ ...instance, id, extra: { group } }))
    expect(
      skydns()
        .visible?.(instances)
        .map(({ id }) => id),
    ).toEqual(seen)
  })

  it('an instance without an id is named by its address, as a label of DNS', () => {
    const idOf = (address: string) => completeInstance({ service, address }, skydns()).id
    expect(['10.0.0.3:8080', '[fd00::5]:80', '[::1]:80', 'Web_1.Internal:1'].map(idOf)).toEqual([
      '10-0-0-3-8080',
      'fd00--5-80',
      '1-80',
      'web-1-internal-1',
    ])
  })

  it('keys are in lower case', () => {
    expect(skydns({ prefix: '/dns/' }).dir('Pay.Cluster.Local')).toBe('/dns/local/cluster/pay/')
  })

  it.each(['', 'pay.', '.pay', 'pay..local', '-a', 'any.local', '*.local', 'a b', 'ä', 'x'.repeat(64)])(
    'refuses the name %j',
    (name) => {
      expect(() => skydns().dir(name)).toThrow(invalid('service'))
    },
  )

  it.each(['', 'A1', '10.0.0.3:80', 'a/b', 'any', '-a', 'x'.repeat(64)])('refuses the id %j', (id) => {
    expect(() => skydns().key({ ...instance, id }, '1')).toThrow(invalid('id'))
  })

  it.each(['/skydns/', '/skydns/local//a', '/skydns/local/pay/'])('%s is no key of a record', (wrong) => {
    expect(skydns().serviceOf(wrong)).toBeUndefined()
    expect(() => skydns().decode(wrong, '{"host":"a"}')).toThrow(invalid('key'))
  })

  it.each([
    ['address', '{"host":"10.0.0.1:80"}'],
    ['address', '{"host":"a b"}'],
    ['address', '{"host":"a","port":70000}'],
    ['port', '{"host":"a","port":"x"}'],
    ['host', '{"host":5}'],
    ['value', '[]'],
  ])('refuses a record with a wrong %s', (field, value) => {
    expect(() => skydns().decode(key, value)).toThrow(invalid(field))
  })

  it.each([
    ['weight', { weight: 0 }],
    ['scheme', { scheme: 'http' }],
    ['tags', { tags: { a: 'b' } }],
    ['version', { version: '1' }],
    ['zone', { zone: 'z' }],
    ['status', { status: 'draining' as const }],
    ['extra.priority', { extra: { priority: '0' } }],
    ['extra.ttl', { extra: { ttl: 'long' } }],
    ['extra.other', { extra: { other: 'x' } }],
  ])('refuses %s, for which DNS has no place', (field, more) => {
    expect(() => skydns().encode({ ...instance, ...more })).toThrow(invalid(field))
  })
})
