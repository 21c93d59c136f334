import { describe, expect, it } from 'vitest'
import { prefixEnd, wireKey, wireRange } from '../../../src/http-client/key-range.ts'

const b64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64')

describe('prefixEnd', () => {
  it.each([
    ['a', [0x62]],
    ['/services/', [...Buffer.from('/services0')]],
    [new Uint8Array([0x61, 0xff]), [0x62]],
    [new Uint8Array([0xff, 0xff]), [0]],
    [new Uint8Array([]), [0]],
    ['ä', [0xc3, 0xa5]],
  ])('of %j is the next key that does not begin with it', (prefix, end) => {
    expect([...prefixEnd(prefix)]).toEqual(end)
  })

  it('does not change the bytes it was given', () => {
    const prefix = new Uint8Array([1, 2])
    prefixEnd(prefix)
    expect([...prefix]).toEqual([1, 2])
  })
})

describe('wireRange', () => {
  it('turns a prefix, a range and an open end into key and range_end', () => {
    expect(wireRange({ prefix: 'a' })).toEqual({ key: b64(0x61), range_end: b64(0x62) })
    expect(wireRange({ prefix: '' })).toEqual({ key: b64(0), range_end: b64(0) })
    expect(wireRange({ key: 'a', rangeEnd: 'c' })).toEqual({ key: b64(0x61), range_end: b64(0x63) })
    expect(wireRange({ fromKey: 'a' })).toEqual({ key: b64(0x61), range_end: b64(0) })
  })

  it('refuses an empty key by the code NO_KEY', () => {
    expect(() => wireKey('')).toThrow(expect.objectContaining({ code: 'NO_KEY', name: 'TypeError' }))
    expect(() => wireKey(new Uint8Array())).toThrow(expect.objectContaining({ code: 'NO_KEY' }))
    expect(() => wireRange({ fromKey: '' })).toThrow(/fromKey/)
  })
})
