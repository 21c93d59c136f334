import { describe, expect, it } from 'vitest'
import { completeInstance, hertz, kitex, type ServiceInstance } from '../../../src/instance/index.ts'

const invalid = (field: string) => expect.objectContaining({ code: 'INVALID_INSTANCE', field })
const instance: ServiceInstance = { id: '10.0.0.1:80', service: 'web', address: '10.0.0.1:80', weight: 100, tags: {} }

describe('kitex', () => {
  it('reads the unbracketed IPv6 that Kitex writes', () => {
    const value = '{"network":"tcp","address":"::1:8888","weight":10,"tags":{}}'
    expect(kitex().decode('kitex/registry-etcd/order/::1:8888', value)).toEqual([
      { id: '[::1]:8888', service: 'order', address: '[::1]:8888', scheme: 'tcp', weight: 10, tags: {} },
    ])
  })

  it.each([
    ['{"address":"a:1"}', 10],
    ['{"address":"a:1","weight":0}', 10],
    ['{"address":"a:1","weight":-3}', 10],
    ['{"address":"a:1","weight":"7"}', 7],
    ['{"Address":"a:1","WEIGHT":7,"Tags":null}', 7],
  ])('reads %s with weight %i, as Go would', (value, weight) => {
    expect(kitex().decode('kitex/registry-etcd/order/x', value)).toMatchObject([{ address: 'a:1', weight, tags: {} }])
  })

  it('gives another default weight to whoever says none, in etcd and when registering, and not to who says one', () => {
    const format = kitex({ defaultWeight: 25 })
    const weightOf = (value: string) => format.decode('kitex/registry-etcd/order/x', value)[0]?.weight
    const said = [undefined, null, 0, -3, 7].map((weight) => weightOf(JSON.stringify({ address: 'a:1', weight })))
    expect(said).toEqual([25, 25, 25, 25, 7])
    expect(completeInstance({ service: 'order', address: 'a:1' }, format).weight).toBe(25)
    expect(kitex({ defaultWeight: 0 }).decode('kitex/registry-etcd/o/a:1', '{"address":"a:1"}')[0]?.weight).toBe(0)
    // An option of the resolver: what is written is not changed by it, and 0 drains nobody elsewhere.
    expect(format.encode(instance)).toEqual(kitex().encode(instance))
    expect(() => kitex({ defaultWeight: 0 }).encode({ ...instance, weight: 0 })).toThrow(invalid('weight'))
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10'])('refuses the default weight %j', (defaultWeight) => {
    expect(() => kitex({ defaultWeight: defaultWeight as number })).toThrow(RangeError)
  })

  it.each([
    '[]',
    '5',
    '"x"',
    '{"weight":1}',
    '{"address":"::1"}',
    '{"address":"a:1","tags":{"a":1}}',
    '{"address":"a:1","weight":{}}',
  ])('refuses the value %j', (value) => {
    expect(() => kitex().decode('kitex/registry-etcd/order/x', value)).toThrow(
      expect.objectContaining({ code: 'INVALID_INSTANCE' }),
    )
  })

  it.each([
    ['weight', { weight: 0 }],
    ['scheme', { scheme: 'http' }],
    ['status', { status: 'draining' as const }],
    ['zone', { zone: 'a', tags: { zone: 'b' } }],
  ])('refuses %s, which Kitex would misread', (field, more) => {
    expect(() => kitex().encode({ ...instance, ...more })).toThrow(invalid(field))
  })

  it('sorts tags by their bytes, as Go does, not by UTF-16', () => {
    const bytes = kitex().encode({ ...instance, tags: { 𐐀: '1', '\uffff': '2', a: '3' } })
    expect(Object.keys(JSON.parse(new TextDecoder().decode(bytes)).tags)).toEqual(['a', '\uffff', '𐐀'])
  })

  it('refuses an id that is not the address, which the key has no place for', () => {
    expect(() => kitex().key({ ...instance, id: 'a' }, '1')).toThrow(invalid('id'))
  })

  it('refuses a prefix with a percent sign, which Kitex takes for a format verb', () => {
    expect(() => kitex({ prefix: 'a%sb' })).toThrow(/prefix/)
  })
})

describe('hertz', () => {
  it('reads 0 as 10, as Hertz does, so it refuses to write it', () => {
    const key = 'hertz/registry-etcd/web/a:1'
    expect(hertz().decode(key, '{"address":"a:1","weight":0}')).toMatchObject([{ weight: 10 }])
    expect(() => hertz().encode({ ...instance, weight: 0 })).toThrow(invalid('weight'))
  })

  it('takes another prefix, also with a percent sign', () => {
    expect(hertz({ prefix: 'a%sb/' }).dir('web')).toBe('a%sb/web/')
  })
})
