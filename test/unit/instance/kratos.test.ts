import { describe, expect, it } from 'vitest'
import { kratos } from '../../../src/instance/index.ts'

const invalid = (field: string) => expect.objectContaining({ code: 'INVALID_INSTANCE', field })
const key = '/microservices/helloworld/4f8a-1'
const record = (more: object) =>
  JSON.stringify({ id: '4f8a-1', name: 'helloworld', version: '', metadata: null, endpoints: null, ...more })
const instance = { id: 'a', service: 'helloworld', address: '10.0.0.5:9000', weight: 100, tags: {} }

// Bytes that Kratos' own code wrote.
const written =
  '{"id":"4f8a-1","name":"helloworld","version":"v1.0.0","metadata":{"a\\u003cb":"x\\u0026y","weight":"20","zone":"z1"},"endpoints":["grpc://10.0.0.5:9000","http://10.0.0.5:8000"]}'

describe('kratos', () => {
  it('each endpoint of a record is an instance of its own, and the first one writes the record as it was', () => {
    const endpoints = '["grpc://10.0.0.5:9000","http://10.0.0.5:8000"]'
    const both = {
      service: 'helloworld',
      weight: 20,
      tags: { 'a<b': 'x&y', zone: 'z1' },
      version: 'v1.0.0',
      zone: 'z1',
      extra: { endpoints },
    }
    const instances = kratos().decode(key, written)
    expect(instances).toEqual([
      { ...both, id: '4f8a-1', address: '10.0.0.5:9000', scheme: 'grpc' },
      { ...both, id: '4f8a-1#http', address: '10.0.0.5:8000', scheme: 'http' },
    ])
    const [first] = instances
    expect(first && new TextDecoder().decode(kratos().encode(first))).toBe(written)
    expect(first && kratos().key(first, '1')).toBe(key)
  })

  it('endpoints of one scheme have ids of their own', () => {
    const endpoints = ['http://a:1', 'http://a:2', 'http://a:3']
    expect(
      kratos()
        .decode(key, record({ endpoints }))
        .map(({ id }) => id),
    ).toEqual(['4f8a-1', '4f8a-1#http', '4f8a-1#http2'])
  })

  it('reads TLS as releases before 2.4 wrote it', () => {
    const secure = record({ endpoints: ['grpc://a:1?isSecure=true', 'http://a:2?isSecure=false'] })
    expect(
      kratos()
        .decode(key, secure)
        .map(({ scheme }) => scheme),
    ).toEqual(['grpcs', 'http'])
  })

  it('a record without endpoints, and one of another service below the directory, give no instance', () => {
    expect(kratos().decode(key, record({}))).toEqual([])
    const below = record({ name: 'helloworld/admin', endpoints: ['grpc://a:1'] })
    expect(kratos().decode('/microservices/helloworld/admin/x', below)).toEqual([])
  })

  it('an endpoint that cannot be dialled is left out, unless there is no other', () => {
    const endpoints = ['unix:///run/a.sock', 'grpc://a:1']
    expect(kratos().decode(key, record({ endpoints }))).toMatchObject([
      { id: '4f8a-1', address: 'a:1', extra: { endpoints: '["unix:///run/a.sock","grpc://a:1"]' } },
    ])
    expect(() => kratos().decode(key, record({ endpoints: ['unix:///run/a.sock'] }))).toThrow(invalid('endpoints'))
  })

  it.each([
    ['endpoints', { endpoints: 'grpc://a:1' }],
    ['endpoints', { endpoints: [5] }],
    ['metadata', { metadata: { weight: 20 }, endpoints: ['grpc://a:1'] }],
    ['version', { version: 1, endpoints: ['grpc://a:1'] }],
  ])('refuses a record whose %s would fail the whole lookup in Kratos', (field, more) => {
    expect(() => kratos().decode(key, record(more))).toThrow(invalid(field))
  })

  it.each([
    ['id', { id: 'a#b' }],
    ['id', { id: 'a/b' }],
  ])('refuses the %s %j in the key', (field, more) => {
    expect(() => kratos().key({ ...instance, ...more }, '1')).toThrow(invalid(field))
  })

  it.each([
    ['status', { status: 'draining' as const }],
    ['weight', { tags: { weight: '5' } }],
    ['weight', { weight: 7, tags: { weight: '5' } }],
    ['zone', { zone: 'a', tags: { zone: 'b' } }],
    ['extra.other', { extra: { other: 'x' } }],
    ['extra.endpoints', { extra: { endpoints: 'x' } }],
    ['extra.endpoints', { extra: { endpoints: '["grpc://10.0.0.6:9000"]' } }],
    ['extra.endpoints', { extra: { endpoints: '[]' } }],
  ])('refuses %s, which the record would not say', (field, more) => {
    expect(() => kratos().encode({ ...instance, ...more })).toThrow(invalid(field))
  })

  it('keeps a metadata weight that is no number as the tag it is', () => {
    const odd = record({ metadata: { weight: 'heavy' }, endpoints: ['grpc://a:1'] })
    expect(kratos().decode(key, odd)).toMatchObject([{ weight: 100, tags: { weight: 'heavy' } }])
  })
})
