/** JSON as Go's `encoding/json` writes and reads it. */

/** A Go map is a `Map`: an object would put keys that look like integers first. */
export type GoValue =
  | string
  | number
  | boolean
  | null
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
  return write(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)
}

function write(value: GoValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${write(entry)}`).join(',')}}`
}

/** A Go map: its keys in the order of their UTF-8 bytes. An empty one is written as the nil map it usually is: `null`. */
export function goMap(entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> | null {
  const sorted = Object.entries(entries).sort(([a], [b]) => byCodePoint(a, b))
  return sorted.length === 0 ? null : new Map(sorted)
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
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name)
  return key === undefined ? undefined : object[key]
}
