/** JSON as Go's `encoding/json` writes and reads it. */

/** A Go map is a `Map`: an object would put keys that look like integers first. */
export type GoValue =
  | string
  | number
  | boolean
  | null
  | readonly GoValue[]
  | ReadonlyMap<string, GoValue>
  | { readonly [field: string]: GoValue }

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** Fields in the order given, as those of a Go struct, none left out; with Go's five HTML-safe escapes. */
export function goJson(value: GoValue): string {
  return plainJson(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)
}

/** The same without the escapes, as ByteDance's sonic writes it. */
export function plainJson(value: GoValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(plainJson).join(',')}]`
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${plainJson(entry)}`).join(',')}}`
}

// Array.isArray() does not narrow a readonly array.
const isList = (value: object): value is readonly GoValue[] => Array.isArray(value)

/** A Go map: its keys in the order of their UTF-8 bytes. An empty one is written as the nil map it usually is: `null`. */
export function goMap<Value extends GoValue>(
  entries: Readonly<Record<string, Value>>,
): ReadonlyMap<string, Value> | null {
  const sorted = goSorted(entries)
  return sorted.length === 0 ? null : new Map(sorted)
}

/** The entries in the order in which Go sorts the keys of a map. */
export function goSorted<Value>(entries: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(entries).sort(([a], [b]) => byCodePoint(a, b))
}

// UTF-8 sorts by code point; JavaScript's own order puts astral characters before the last of the BMP.
function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  const at = left.findIndex((character, index) => character !== right[index])
  if (at < 0) return left.length - right.length
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1)
}

/** A field of a decoded struct: by its exact name, else by the same name in another case, as Go does. */
export function goField(object: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name]
  const wanted = name.toLowerCase()
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === wanted)
  return key === undefined ? undefined : object[key]
}
