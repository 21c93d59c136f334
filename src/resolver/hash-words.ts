/** Two 32-bit hashes of one text. */
export interface HashWords {
  readonly high: number
  readonly low: number
}

/**
 * The same in every process and every runtime. Well spread, and nothing more: whoever wants to can make two texts collide.
 *
 * Source: cyrb53 by bryc, public domain.
 */
export function hashWords(text: string): HashWords {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return { high: b >>> 0, low: a >>> 0 }
}

/** A number in (0, 1] that depends on both texts, as if it were drawn for this pair. */
export function drawFor(one: HashWords, other: HashWords): number {
  return (mix(one.high ^ other.high) + (mix(one.low ^ other.low) + 0.5) / 2 ** 32) / 2 ** 32
}

/** Every bit of the input moves half of the output's. Source: fmix32 of MurmurHash3, public domain. */
function mix(bits: number): number {
  let mixed = bits
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
