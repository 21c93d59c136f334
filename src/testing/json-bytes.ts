import type { DialectName } from './dialect.ts'
import type { JsonValue } from './json-value.ts'

/**
 * The bytes that a JSON value means, as a string of one character per byte; `undefined` if this dialect refuses it. v1
 * reads padded standard base64 and arrays of numbers; v2 the standard or the URL alphabet, padded or not. Line breaks
 * inside base64 count for nothing.
 */
export function readBytes(json: JsonValue, dialect: DialectName): string | undefined {
  if (json.type === 'array' && dialect === 'v1') return byteArray(json.items)
  if (json.type !== 'string') return undefined
  const base64 = dialect === 'v1' ? paddedBase64(json.value) : anyBase64(json.value)
  if (base64 === undefined || /[^A-Za-z0-9+/=]/.test(base64)) return undefined
  try {
    return atob(base64)
  } catch {
    return undefined
  }
}

function byteArray(items: readonly JsonValue[]): string | undefined {
  const codes = items.map((item) => (item.type === 'number' ? Number(item.text) : Number.NaN))
  if (!codes.every((code) => Number.isInteger(code) && code >= 0 && code <= 255)) return undefined
  return codes.map((code) => String.fromCharCode(code)).join('')
}

function paddedBase64(value: string): string | undefined {
  const joined = withoutLineBreaks(value)
  return joined.length % 4 === 0 ? joined : undefined
}

/** One alphabet, not both. Whether there must be padding is decided by the length with its line breaks. */
function anyBase64(value: string): string | undefined {
  if (/[-_]/.test(value) && /[+/]/.test(value)) return undefined
  const standard = value.replaceAll('-', '+').replaceAll('_', '/')
  if (value.length % 4 === 0) return paddedBase64(standard)
  return value.includes('=') ? undefined : withoutLineBreaks(standard)
}

function withoutLineBreaks(value: string): string {
  return value.replace(/[\r\n]/g, '')
}
