import { describe, expect, it } from 'vitest'
import { completeInstance, goMicro } from '../../../src/instance/index.ts'

const invalid = (field: string) => expect.objectContaining({ code: 'INVALID_INSTANCE', field })
const key = '/micro/registry/greeter/n-1'
const record = (more: object) => JSON.stringify({ name: 'greeter', version: '', ...more })
const node = (more: object = {}) => ({ id: 'n-1', address: '10.0.0.5:9090', metadata: null, ...more })
const instance = { id: 'a', service: 'greeter', address: '10.0.0.5:9090', weight: 100, tags: {} }
const written = (more: object = {}) => JSON.parse(new TextDecoder().decode(goMicro().encode({ ...instance, ...more })))

describe('goMicro', () => {
  it('reads what v4 wrote, whose names have slashes in the value only', () => {
    const value =
      '{"name":"com/acme/user","version":"1.2.0","metadata":null,"endpoints":null,"nodes":[{"id":"n/1","address":"10.0.0.5:9090","metadata":{"protocol":"grpc"}}]}'
    const format = goMicro()
    expect(format.decode('/micro/registry/com-acme-user/n-1', value)).toEqual([
      {
        id: 'n/1',
        service: 'com/acme/user',
        address: '10.0.0.5:9090',
        scheme: 'grpc',
        version: '1.2.0',
        weight: 100,
        tags: {},
      },
    ])
    expect(format.key({ ...instance, service: 'com/acme/user', id: 'n/1' }, '1')).toBe(
      '/micro/registry/com-acme-user/n-1',
    )
    expect(format.dir('com/acme/user')).toBe('/micro/registry/com-acme-user/')
  })

  it('a/b and a-b share a directory, and neither answers for the other', () => {
    const value = record({ name: 'a/b', nodes: [node()] })
    const decode = (service?: string) => goMicro().decode('/micro/registry/a-b/n-1', value, service)
    expect([decode(), decode('a/b'), decode('a-b')].map(({ length }) => length)).toEqual([1, 1, 0])
  })

  it('the key says the service where the name in the record is another', () => {
    expect(goMicro().decode(key, record({ name: 'Greeter', nodes: [node()] }), 'greeter')).toMatchObject([
      { service: 'greeter' },
    ])
  })

  it('gives all nodes of a record, with their metadata over that of the service', () => {
    const nodes = [node({ metadata: { env: 'test', weight: '5' } }), node({ id: 'n-2', address: '10.0.0.6:9090' })]
    const value = record({ version: '2', metadata: { env: 'prod', zone: 'z1' }, endpoints: [], nodes })
    const extra = { endpoints: '[]', metadata: '{"env":"prod","zone":"z1"}' }
    const both = { service: 'greeter', version: '2', zone: 'z1', extra }
    expect(goMicro().decode(key, value)).toEqual([
      { ...both, id: 'n-1', address: '10.0.0.5:9090', weight: 5, tags: { env: 'test', zone: 'z1' } },
      { ...both, id: 'n-2', address: '10.0.0.6:9090', weight: 100, tags: { env: 'prod', zone: 'z1' } },
    ])
    expect(goMicro().decode(key, record({ nodes: null }))).toEqual([])
  })

  it('is named after its service when it has no id, and speaks mucp unless something else is said', () => {
    const { id } = completeInstance({ service: 'com/acme/user', address: '10.0.0.5:9090' }, goMicro())
    expect(id).toMatch(/^com\/acme\/user-[0-9a-f-]{36}$/)
    const protocols = [{}, { scheme: 'grpc' }, { tags: { protocol: 'http' } }].map(
      (more) => written(more).nodes[0].metadata.protocol,
    )
    expect(protocols).toEqual(['mucp', 'grpc', 'http'])
    expect(written({ scheme: 'grpc' }).nodes[0].metadata).toEqual({
      broker: 'http',
      protocol: 'grpc',
      registry: 'etcd',
      server: 'grpc',
      transport: 'grpc',
    })
  })

  it('writes what the service says once, not for its node again', () => {
    const said = written({ tags: { env: 'prod', own: '1' }, extra: { metadata: '{"env":"prod"}' } })
    expect(said.metadata).toEqual({ env: 'prod' })
    expect(said.nodes[0].metadata).toMatchObject({ own: '1' })
    expect(said.nodes[0].metadata).not.toHaveProperty('env')
  })

  it.each([
    ['nodes', { nodes: {} }],
    ['nodes', { nodes: ['x'] }],
    ['address', { nodes: [node({ address: 'queue-of-a-broker' })] }],
    ['metadata', { metadata: { a: 1 }, nodes: [node()] }],
    ['name', { name: 5, nodes: [node()] }],
  ])('refuses a record with a wrong %s', (field, more) => {
    expect(() => goMicro().decode(key, record(more))).toThrow(invalid(field))
  })

  it.each([
    ['status', { status: 'draining' as const }],
    ['weight', { weight: 0 }],
    ['weight', { tags: { weight: '5' } }],
    ['protocol', { scheme: 'grpc', tags: { protocol: 'http' } }],
    ['extra.other', { extra: { other: 'x' } }],
    ['extra.metadata', { extra: { metadata: '{"a":1}' } }],
    ['extra.endpoints', { extra: { endpoints: '{}' } }],
  ])('refuses %s, which go-micro would not see or misread', (field, more) => {
    expect(() => goMicro().encode({ ...instance, ...more })).toThrow(invalid(field))
  })
})
