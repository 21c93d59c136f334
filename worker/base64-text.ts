/** The UTF-8 bytes of a text in base64. */
export function encodeBase64Text(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

/** The text whose UTF-8 bytes this is; undefined when it is no base64 or no UTF-8. */
export function decodeBase64Text(encoded: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
