import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidInstanceError } from '../../../src/errors.ts'
import { completeInstance, type InstanceInput, type ServiceInstance } from '../../../src/instance/index.ts'
import { everyFormat, type NamedFormat } from './every-format.ts'

const port = fc.integer({ min: 1, max: 65_535 })
const address = fc.oneof(
  fc.tuple(fc.ipV4(), port).map(([host, at]) => `${host}:${at}`),
  fc.tuple(fc.ipV6(), port).map(([host, at]) => `[${host}]:${at}`),
  fc.tuple(fc.domain(), port).map(([host, at]) => `${host}:${at}`),
)
const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('<a href="&">', '\u2028', '𐐀', '__proto__'),
)
const tags = fc.dictionary(fc.oneof(text, fc.constantFrom('10', '2', 'zone', 'weight', 'group', 'state')), text, {
  maxKeys: 5,
})

/** Anything that the format says it keeps, and nothing else. */
function inputs({ keeps, schemes = ['http', 'grpc', 'tcp', 'quic'] }: NamedFormat): fc.Arbitrary<InstanceInput> {
  const all = {
    scheme: fc.constantFrom(...schemes),
    weight: fc.nat({ max: 65_535 }),
    tags,
    version: text,
    zone: text,
  }
  const kept = Object.fromEntries(keeps.map((field) => [field, all[field]]))
  return fc.record(
    { service: fc.constantFrom('web', 'a-b', 'x1'), address, ...kept },
    { requiredKeys: ['service', 'address'] },
  )
}

/** What is written, or undefined when the format says that it cannot. */
function written(format: ReturnType<NamedFormat['create']>, input: InstanceInput) {
  try {
    const instance = completeInstance(input, format, '4711')
    return { instance, key: format.key(instance, '4711'), value: format.encode(instance) }
  } catch (error) {
    if (error instanceof InvalidInstanceError) return undefined
    throw error
  }
}

describe.each(everyFormat)('$name', (named) => {
  const format = named.create()

  it('reads back all that was said, when it agreed to write it', () => {
    let accepted = 0
    fc.assert(
      fc.property(inputs(named), (input) => {
        const record = written(format, input)
        if (record === undefined) return
        accepted += 1
        const { scheme, version, zone, tags: said, ...rest } = record.instance
        const read = format.decode(record.key, record.value, input.service)
        expect(read).toHaveLength(1)
        expect(read[0]).toMatchObject({ ...rest, ...(scheme ? { scheme } : {}), ...(version ? { version } : {}) })
        // Where the zone travels as a tag, a tag of that name is the zone.
        expect([zone, said.zone]).toContain(read[0]?.zone)
        expect(Object.entries(read[0]?.tags ?? {})).toEqual(expect.arrayContaining(Object.entries(kept(said))))
      }),
      { numRuns: 500 },
    )
    expect(accepted).toBeGreaterThan(50)
  })

  it('writes again what it has read, byte for byte', () => {
    fc.assert(
      fc.property(inputs(named), (input) => {
        const record = written(format, input)
        const [read] = record === undefined ? [] : format.decode(record.key, record.value)
        if (record === undefined || read === undefined) return
        expect(format.key(read, '4711')).toBe(record.key)
        expect(format.encode(read)).toEqual(record.value)
      }),
      { numRuns: 200 },
    )
  })

  it('refuses by name what it does not keep', () => {
    const full: Omit<ServiceInstance, 'id' | 'service' | 'address'> = {
      scheme: 'http',
      weight: 7,
      tags: { env: 'prod' },
      version: '2',
      zone: 'z1',
    }
    for (const field of ['scheme', 'weight', 'tags', 'version', 'zone'] as const) {
      if (named.keeps.includes(field)) continue
      const input = { service: 'web', address: '10.0.0.1:80', [field]: full[field] }
      const instance = completeInstance(input, format, '4711')
      expect(() => format.encode(instance)).toThrow(expect.objectContaining({ code: 'INVALID_INSTANCE', field }))
    }
  })

  it('never throws anything but InvalidInstanceError for what it finds in etcd', () => {
    const { key } = written(format, { service: 'web', address: '10.0.0.1:80' }) ?? { key: '' }
    const value = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.uint8Array(),
      fc
        .dictionary(fc.constantFrom(...fields), fc.oneof(fc.jsonValue(), fc.constant('10.0.0.1:80'), fc.webUrl()))
        .map((record) => JSON.stringify(record)),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constant(key),
          fc.string(),
          fc.string().map((rest) => format.root + rest),
        ),
        value,
        (at, held) => {
          try {
            for (const { id, service, address: where } of format.decode(at, held)) {
              expect([id, service, where].every((part) => typeof part === 'string' && part !== '')).toBe(true)
            }
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInstanceError)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

/** The tags, without one that only repeats the weight. */
const kept = ({ weight: _, ...others }: Readonly<Record<string, string>>) => others

const fields = [
  'Addr',
  'Metadata',
  'address',
  'network',
  'weight',
  'tags',
  'id',
  'name',
  'nodes',
  'endpoints',
  'metadata',
].concat([
  'version',
  'host',
  'port',
  'priority',
  'ttl',
  'targetstrip',
  'group',
  'text',
  'mail',
  'scheme',
  'zone',
  'status',
])
