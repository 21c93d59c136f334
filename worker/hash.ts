/**
 * A 53-bit hash of a text, the same in every process: two 32-bit multiplicative lanes, mixed as MurmurHash3 does at its
 * end. Fast and well spread, and nothing more: whoever wants to can make two texts collide.
 *
 * Source: cyrb53 by bryc, public domain.
 */
export function hash53(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 2 ** 32 * (b & 0x1fffff) + (a >>> 0)
}
