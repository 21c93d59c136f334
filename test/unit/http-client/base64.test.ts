import { describe, expect, it } from 'vitest'
import { decodeBase64, decodeBase64Text, encodeBase64 } from '../../../src/http-client/base64.ts'

const texts = ['', 'a', 'ab', 'abc', '/services/web/ä', '😀 日本語', '\u0000\u007f', '\ufeffbom', 'x'.repeat(100_000)]

describe('base64', () => {
  it.each(texts.map((text) => [text.slice(0, 20), text]))('text %j comes back as it was', (_, text) => {
    expect(encodeBase64(text)).toBe(Buffer.from(text, 'utf8').toString('base64'))
    expect(decodeBase64Text(encodeBase64(text))).toBe(text)
  })

  it('every byte comes back as it was, in any length', () => {
    const bytes = Uint8Array.from({ length: 70_001 }, (_, index) => index % 256)
    for (const length of [0, 1, 2, 3, 255, 32_768, 70_001]) {
      const part = bytes.subarray(0, length)
      expect(encodeBase64(part)).toBe(Buffer.from(part).toString('base64'))
      expect(decodeBase64(encodeBase64(part))).toEqual(part.slice())
    }
  })

  it('bytes that are not UTF-8 become U+FFFD as text and stay as they are as bytes', () => {
    const text = encodeBase64(new Uint8Array([0x61, 0xff, 0x62]))
    expect(decodeBase64Text(text)).toBe('a\ufffdb')
    expect([...decodeBase64(text)]).toEqual([0x61, 0xff, 0x62])
  })
})
