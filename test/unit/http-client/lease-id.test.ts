import { describe, expect, it } from 'vitest'
import { leaseIdFromHex, leaseIdToHex, randomLeaseId } from '../../../src/http-client/index.ts'

describe('lease ids', () => {
  it.each([
    ['7587870349857012994', BigInt('7587870349857012994').toString(16)],
    ['1', '1'],
    ['-1', 'ffffffffffffffff'],
    ['9223372036854775807', '7fffffffffffffff'],
  ])('%s is %s in etcdctl, and back', (id, hex) => {
    expect(leaseIdToHex(id)).toBe(hex)
    expect(leaseIdFromHex(hex)).toBe(id)
  })

  it('random ones are positive, 63 bits wide and different', () => {
    const ids = Array.from({ length: 200 }, randomLeaseId)
    for (const id of ids) {
      expect(BigInt(id)).toBeGreaterThan(0n)
      expect(BigInt(id)).toBeLessThan(2n ** 63n)
    }
    expect(new Set(ids).size).toBe(200)
    expect(ids.some((id) => BigInt(id) > 2n ** 53n)).toBe(true)
  })

  it('refuses what is no id', () => {
    expect(() => leaseIdToHex('0x1')).toThrow(TypeError)
    expect(() => leaseIdFromHex('xyz')).toThrow(TypeError)
  })
})
