import { describe, expect, it } from 'vitest'
import { completeInstance, kitex, native, raw, type ServiceInstance } from '../../../src/instance/index.ts'
import { everyFormat } from './every-format.ts'

const invalid = (field: string) => expect.objectContaining({ code: 'INVALID_INSTANCE', field })
const instance: ServiceInstance = { id: '10.0.0.1:80', service: 'web', address: '10.0.0.1:80', weight: 100, tags: {} }

describe.each(everyFormat)('$name', ({ name, create, slashes }) => {
  const format = create()
  const complete = completeInstance({ service: 'web', address: '10.0.0.1:80' }, format, '7')

  it('has the name of its function', () => {
    expect(format.name).toBe(name)
  })

  const names = ['', '.', '..', 'a\u0000b', 'a\nb', ...(slashes ? [] : ['a/b', '../x'])]
  it.each(names)('refuses the service name %j', (service) => {
    expect(() => format.dir(service)).toThrow(invalid('service'))
    expect(() => completeInstance({ service, address: '10.0.0.1:80' }, format)).toThrow(invalid('service'))
  })

  it('lives under another prefix everywhere when one is given', () => {
    const moved = create({ prefix: '/tenant-a/svc' })
    expect(moved.root).toBe('/tenant-a/svc/')
    expect(moved.dir('web')).toBe('/tenant-a/svc/web/')
    const key = moved.key(complete, '7')
    expect(key.startsWith('/tenant-a/svc/web/')).toBe(true)
    expect(moved.serviceOf(key)).toBe('web')
    expect(moved.decode(key, moved.encode(complete))).toMatchObject([{ id: complete.id, service: 'web' }])
    expect(moved.ownKey?.('web') ?? '/tenant-a/svc/web').toBe('/tenant-a/svc/web')
    for (const marker of moved.markers?.(complete) ?? []) expect(marker.key).toMatch(/^\/tenant-a\/svc(\/web)?$/)
  })

  it('refuses to write an instance that is draining where it could not be read', () => {
    const drain = () => format.decode(format.key(complete, '7'), format.encode({ ...complete, status: 'draining' }))
    if (name === 'native') expect(drain()).toMatchObject([{ status: 'draining' }])
    else expect(drain).toThrow(invalid('status'))
  })

  it('the directory of a service ends with a slash, so that web does not answer for web2', () => {
    expect(format.dir('web')).toMatch(/web\/$/)
  })

  it.each([
    '',
    '10.0.0.1',
    ':80',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    'fd00::5:80',
    'http://10.0.0.1:80',
    'a b:80',
    'a@b:80',
    'a/b:80',
  ])('refuses the address %j, which is not host:port', (address) => {
    expect(() => completeInstance({ service: 'web', address }, format)).toThrow(invalid('address'))
  })

  it.each(['0.0.0.0:80', '0:80', '[::]:80', '[0:0:0:0:0:0:0:0]:80', '*:80', '0x0.0:80'])(
    'refuses the wildcard %j',
    (address) => {
      expect(() => completeInstance({ service: 'web', address }, format)).toThrow(/address: must/)
    },
  )

  it.each(['10.0.0.1:80', '[fd00::5]:8443', 'web-1.internal:1', '127.0.0.1:65535'])(
    'accepts the address %j',
    (address) => {
      expect(completeInstance({ service: 'web', address }, format).address).toBe(address)
    },
  )

  it('a record that holds null is never taken for an instance, but where the key has all that one needs', () => {
    const read = () => format.decode(format.key(complete, '7'), 'null')
    if (name === 'rpcx') expect(read()).toMatchObject([{ address: '10.0.0.1:80' }])
    else expect(read).toThrow(expect.objectContaining({ code: 'INVALID_INSTANCE' }))
  })

  it('bytes that are not UTF-8 are refused', () => {
    expect(() => format.decode(format.key(complete, '7'), new Uint8Array([0xff]))).toThrow(invalid('value'))
  })

  it('a key of somebody else is refused', () => {
    expect(() => format.decode('/elsewhere', '10.0.0.1:80')).toThrow(
      expect.objectContaining({ code: 'INVALID_INSTANCE' }),
    )
  })
})

describe('completeInstance', () => {
  it.each([
    ['weight', { weight: -1 }],
    ['weight', { weight: 1.5 }],
    ['scheme', { scheme: 'https://' }],
    ['scheme', { scheme: null as never }],
    ['tags', { tags: [] as never }],
    ['tags.a', { tags: { a: 1 } as never }],
    ['version', { version: '' }],
    ['zone', { zone: 5 as never }],
    ['status', { status: 'down' as never }],
  ])('names the field at fault: %s', (field, wrong) => {
    expect(() => completeInstance({ service: 'web', address: '10.0.0.1:80', ...wrong }, native())).toThrow(
      invalid(field),
    )
  })

  it('gives a UUID where the key is free and the address where it is the key', () => {
    const input = { service: 'web', address: '10.0.0.1:80' }
    expect(completeInstance(input, native()).id).toMatch(/^[0-9a-f-]{36}$/)
    expect(completeInstance(input, raw()).id).toBe('10.0.0.1:80')
    expect(completeInstance(input, kitex())).toMatchObject({ id: '10.0.0.1:80', weight: 10 })
  })

  it('keeps a copy of the tags, so that what was checked is what is written', () => {
    const tags: Record<string, string> = { a: '1' }
    const complete = completeInstance({ service: 'web', address: '10.0.0.1:80', tags }, native())
    tags.a = '2'
    expect(complete.tags).toEqual({ a: '1' })
  })
})

describe('native', () => {
  it.each(['Web', 'web-', '-web', 'a b', 'ä', 'x'.repeat(129)])('refuses the service name %j', (service) => {
    expect(() => native().dir(service)).toThrow(invalid('service'))
  })

  it.each(['', '..', 'a/b', 'a b', 'ä', '-a', 'a\n'])('refuses the id %j', (id) => {
    expect(() => native().key({ ...instance, id }, '1')).toThrow(invalid('id'))
  })

  it.each(['a', '10.0.0.1:80', '[fd00::5]:80', 'web-7f3a'])('accepts the id %j', (id) => {
    expect(native().key({ ...instance, id }, '1')).toBe(`/services/web/${id}`)
  })

  it.each([
    ['value', 'nonsense'],
    ['value', 'null'],
    ['value', '[]'],
    ['address', '{}'],
    ['address', '{"address":5}'],
    ['address', '{"address":"nowhere"}'],
    ['weight', '{"address":"a:1","weight":"5"}'],
    ['weight', '{"address":"a:1","weight":-1}'],
    ['weight', '{"address":"a:1","weight":1.5}'],
    ['weight', '{"address":"a:1","weight":null}'],
    ['zone', '{"address":"a:1","zone":5}'],
    ['scheme', '{"address":"a:1","scheme":null}'],
    ['tags', '{"address":"a:1","tags":["x"]}'],
    ['tags.x', '{"address":"a:1","tags":{"x":1}}'],
    ['status', '{"address":"a:1","status":"gone"}'],
  ])('a record with a wrong %s is refused: %s', (field, value) => {
    expect(() => native().decode('/services/web/a', value)).toThrow(invalid(field))
  })

  it('a record of a newer version with more fields is read', () => {
    expect(native().decode('/services/web/a', '{"address":"a:1","future":true}')).toEqual([
      { id: 'a', service: 'web', address: 'a:1', weight: 100, tags: {} },
    ])
  })

  it('a key below an instance is not one', () => {
    expect(() => native().decode('/services/web/a/b', '{"address":"a:1"}')).toThrow(invalid('key'))
  })
})

describe('raw', () => {
  it.each([
    ['http://10.0.0.1', '10.0.0.1:80', 'http'],
    ['https://web.internal/base?x=1', 'web.internal:443', 'https'],
    ['http://[fd00::5]:8080/', '[fd00::5]:8080', 'http'],
    ['grpc://10.0.0.1:50051', '10.0.0.1:50051', 'grpc'],
    ['http://10.0.0.1:80', '10.0.0.1:80', 'http'],
  ])('reads %s and keeps the stored string', (value, address, scheme) => {
    expect(raw().decode('/services/web/x', value)).toEqual([
      { id: 'x', service: 'web', address, scheme, weight: 100, tags: {}, extra: { value } },
    ])
  })

  it.each(['', 'nothing', '10.0.0.1', 'grpc://host', 'http://', '{"address":"a:1"}'])(
    'refuses the value %j',
    (value) => {
      expect(() => raw().decode('/services/web/x', value)).toThrow(invalid('value'))
    },
  )

  it.each([
    ['tags', { tags: { a: 'b' } }],
    ['version', { version: '1' }],
    ['zone', { zone: 'z' }],
    ['status', { status: 'draining' as const }],
    ['weight', { weight: 0 }],
    ['weight', { weight: 50 }],
  ])('refuses %s, for which a bare address has no place', (field, more) => {
    expect(() => raw().encode({ ...instance, ...more })).toThrow(invalid(field))
  })

  it('writes the string that a go-kit factory wants, when it says the same address', () => {
    const value = 'http://10.0.0.1:80/base'
    expect(new TextDecoder().decode(raw().encode({ ...instance, extra: { value } }))).toBe(value)
    expect(() => raw().encode({ ...instance, extra: { value: 'http://10.0.0.2:80' } })).toThrow(invalid('extra.value'))
    expect(() => raw().encode({ ...instance, extra: { other: 'x' } })).toThrow(invalid('extra.other'))
  })

  it.each(['', 5, null])('refuses the queryPrefix %j', (queryPrefix) => {
    expect(() => raw({ queryPrefix: queryPrefix as string })).toThrow(TypeError)
  })

  it('queryPrefix lists exactly what it says, slash or not', () => {
    const format = raw({ queryPrefix: '/services/foosvc' })
    expect(format.dir('anything')).toBe('/services/foosvc')
    expect(format.decode('/services/foosvc-v2/1.2.3.9:8080', 'http://1.2.3.9:8080')).toMatchObject([
      { id: '-v2/1.2.3.9:8080', service: 'foosvc', address: '1.2.3.9:8080' },
    ])
    expect(format.decode('/services/foosvc', '1.2.3.4:80')).toMatchObject([{ id: '1.2.3.4:80' }])
  })
})
