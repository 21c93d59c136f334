import { expect, it } from 'vitest'
import { createKeyValue } from '../../../src/http-client/key-value.ts'

const b64 = (text: string) => Buffer.from(text).toString('base64')

it('reads a key value as the gateway writes it', () => {
  const kv = createKeyValue({
    key: b64('/a/ä'),
    value: b64('{"x":1}'),
    create_revision: '5',
    mod_revision: '9007199254740991',
    version: '3',
    lease: '7587870349857012994',
  })
  expect(kv.key).toBe('/a/ä')
  expect(kv.json()).toEqual({ x: 1 })
  expect(Buffer.from(kv.valueBytes).toString()).toBe('{"x":1}')
  expect([kv.createRevision, kv.modRevision, kv.version]).toEqual([5, Number.MAX_SAFE_INTEGER, 3])
  expect(kv.leaseId).toBe('7587870349857012994')
})

it('takes fields that the gateway leaves out for their zero values', () => {
  const kv = createKeyValue({ key: b64('k') })
  expect([kv.value, kv.valueBytes.length, kv.createRevision, kv.version, kv.leaseId]).toEqual(['', 0, 0, 0, '0'])
})

it.each([['9007199254740993'], ['x'], [''], [1.5]])(
  'refuses the revision %j, which a number cannot hold',
  (revision) => {
    const kv = createKeyValue({ mod_revision: revision as string })
    expect(() => kv.modRevision).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  },
)
