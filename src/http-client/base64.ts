/** Bytes and text to the gateway's base64 and back. Standard alphabet, padded: the one form that all gateways read. */

type NativeBase64 = {
  fromBase64?: (text: string) => Uint8Array
}
type NativeToBase64 = Uint8Array & { toBase64?: () => string }

// btoa takes one argument per byte through apply; engines limit how many.
const chunk = 0x8000
const nonAscii = /[\u0080-\uffff]/

export function encodeBase64(data: string | Uint8Array): string {
  if (typeof data === 'string') {
    if (!nonAscii.test(data)) return btoa(data)
    return encodeBase64(new TextEncoder().encode(data))
  }
  const native = (data as NativeToBase64).toBase64?.()
  if (native !== undefined) return native
  let binary = ''
  for (let i = 0; i < data.length; i += chunk) {
    binary += String.fromCharCode.apply(null, data.subarray(i, i + chunk) as unknown as number[])
  }
  return btoa(binary)
}

/** @throws DOMException or SyntaxError when `text` is not base64. */
export function decodeBase64(text: string): Uint8Array {
  const native = (Uint8Array as NativeBase64).fromBase64
  if (native) return native.call(Uint8Array, text)
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** The bytes as a string of one character each: strings of these compare as etcd compares keys. */
export function decodeBinary(text: string): string {
  return atob(text)
}

/** The bytes read as UTF-8; a byte sequence that is not UTF-8 becomes U+FFFD. */
export function decodeBase64Text(text: string): string {
  const binary = atob(text)
  // ASCII is UTF-8 already: two to four times faster than going through bytes, and nearly all keys and values are.
  return nonAscii.test(binary) ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(decodeBase64(text)) : binary
}
