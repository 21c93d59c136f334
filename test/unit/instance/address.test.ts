import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitAddress } from '../../../src/instance/address.ts'

describe('an address', () => {
  it.each([
    ['10.0.0.1:80', '10.0.0.1'],
    ['web-1.example:65535', 'web-1.example'],
    ['a..b:1', 'a..b'],
    ['xn--bcher-kva.example:80', 'xn--bcher-kva.example'],
    ['[::1]:80', '::1'],
    ['127.1:080', '127.1'],
  ])('%s has the host %s', (address, host) => {
    expect(splitAddress(address)).toEqual({ host, port: Number(address.slice(address.lastIndexOf(':') + 1)) })
  })

  it.each(['256.0.0.1:80', '1.2.3.4.5:80', 'web.0x1g.09:80', 'web:0', 'web:65536', 'web:', ':80'])(
    '%s is none',
    (address) => {
      expect(splitAddress(address)).toBeUndefined()
    },
  )

  it('is never one that a URL cannot have', () => {
    const parts = [
      ...'ax0159-_.:',
      '10.',
      '255',
      '256',
      '0x',
      'xn--',
      '--',
      '.example',
      ':80',
      ':65535',
      ':65536',
      ':0',
      'é',
    ]
    const address = fc.array(fc.constantFrom(...parts), { maxLength: 9 }).map((chosen) => chosen.join(''))
    fc.assert(
      fc.property(
        fc.oneof(
          address,
          fc.tuple(address, fc.nat(70_000)).map((both) => both.join(':')),
        ),
        (text) => {
          if (splitAddress(text) !== undefined) expect(URL.canParse(`http://${text}`)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
