import { InvalidInstanceError } from '../errors.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** @throws InvalidInstanceError when a stored value is no JSON object; `null`, which Go would take for an empty one, is none. */
export function parseObject(text: string): JsonObject {
  const json = parseJson(text, 'value')
  if (!isObject(json)) throw new InvalidInstanceError('value', 'is not a JSON object')
  return json
}

/** @throws InvalidInstanceError naming the field. */
export function parseJson(text: string, field: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InvalidInstanceError(field, 'is not JSON', { cause })
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A Go string: `""` when it is missing or null. */
export function readText(value: unknown, field: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new InvalidInstanceError(field, 'is not a string')
  return value
}

/** A Go int: 0 when it is missing or null. Digits in a string are taken for the number. */
export function readInteger(value: unknown, field: string): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : (value ?? 0)
  if (!Number.isSafeInteger(number)) throw new InvalidInstanceError(field, 'is not an integer')
  return number as number
}

/** A Go `map[string]string`: empty when it is missing or null. */
export function readStrings(value: unknown, field: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (!isObject(value) || Object.values(value).some((entry) => typeof entry !== 'string')) {
    throw new InvalidInstanceError(field, 'is not an object of strings')
  }
  return value as Record<string, string>
}

/** A Go slice: empty when it is missing or null. */
export function readList(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new InvalidInstanceError(field, 'is not a list')
  return value
}
