import { describe, expect, it } from 'vitest'
import { completeInstance } from '../../../src/instance/index.ts'
import { golden, lease } from './golden-rows.ts'

describe('golden rows', () => {
  it.each(golden)('$name: written to the byte', ({ format, key, value, input }) => {
    const instance = completeInstance(input, format, lease)
    expect(format.key(instance, lease)).toBe(key)
    expect(new TextDecoder().decode(format.encode(instance))).toBe(value)
  })

  it.each(golden)('$name: read back, from bytes and from text', ({ format, key, value, input, reads }) => {
    const expected = [{ ...input, ...reads }]
    expect(format.decode(key, new TextEncoder().encode(value))).toEqual(expected)
    expect(format.decode(key, value)).toEqual(expected)
    expect(format.decode(key, value, input.service)).toEqual(expected)
    expect(format.serviceOf(key)).toBe(input.service)
    expect(key.startsWith(format.dir(input.service))).toBe(true)
  })

  it.each(golden)('$name: written again as it was read', ({ format, key, value }) => {
    const [instance] = format.decode(key, value)
    expect(instance && format.key(instance, lease)).toBe(key)
    expect(instance && new TextDecoder().decode(format.encode(instance))).toBe(value)
  })
})
