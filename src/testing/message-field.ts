import type { DialectName } from './dialect.ts'
import { readBytes } from './json-bytes.ts'
import type { JsonMember, JsonValue } from './json-value.ts'

/** How one protobuf field is read from JSON. */
export interface Field<T> {
  /** The field's value when the request leaves it out or says `null`. */
  readonly absent: T
  /**
   * The field's value; `undefined` when this dialect drops what it was given.
   *
   * @throws SyntaxError when this dialect refuses it.
   */
  read(json: JsonValue, dialect: DialectName, name: string): T | undefined
}

export type FieldsOf<Message> = { readonly [Name in keyof Message]: Field<Message[Name]> }

/** Bytes, as a string of one character per byte: `<` on two of them is the order of their bytes. */
export const bytes: Field<string> = {
  absent: '',
  read: (json, dialect, name) => readBytes(json, dialect) ?? refuse(name),
}
/** A 64-bit integer that counts something. */
export const int64: Field<number> = { absent: 0, read: (json, ...at) => Number(readInt64(json, ...at)) }
/** A 64-bit integer that names something: the decimal digits, because ids use all 63 bits. */
export const id: Field<string> = { absent: '0', read: (json, ...at) => String(readInt64(json, ...at)) }
export const bool: Field<boolean> = {
  absent: false,
  read: (json, _dialect, name) => (json.type === 'bool' ? json.value : refuse(name)),
}
export const text: Field<string> = {
  absent: '',
  read: (json, _dialect, name) => (json.type === 'string' ? json.value : refuse(name)),
}

/** An enum: its number, whether the request has the number or the name. A number without a name is kept. */
export function enumeration(names: readonly string[]): Field<number> {
  return {
    absent: 0,
    read(json, dialect, name) {
      if (json.type === 'number') return Number(readInt64(json, dialect, name))
      if (json.type !== 'string') return refuse(name)
      const value = names.indexOf(json.value)
      if (value >= 0) return value
      return dialect === 'v1' ? refuse(name) : undefined
    },
  }
}

export function repeated<T>(field: Field<T>): Field<readonly NonNullable<T>[]> {
  return {
    absent: [],
    read(json, dialect, name) {
      if (json.type !== 'array') return refuse(name)
      return json.items.map((item) => field.read(item, dialect, name)).filter((value) => value != null)
    },
  }
}

/** A message that is absent (`null`) or has all its fields. At most one of the `oneof` fields is ever set. */
export function message<Message extends object>(
  fields: FieldsOf<Message>,
  oneof: readonly (keyof Message & string)[] = [],
): Field<Message | null> {
  const names = fieldNames(fields)
  return {
    absent: null,
    read(json, dialect, name) {
      if (json.type !== 'object') return refuse(name)
      const members = selectMembers(json.members, names, oneof, dialect)
      const entries = Object.entries<Field<unknown>>(fields).map(([key, field]) => {
        const member = members.get(key)
        return [key, (member && field.read(member, dialect, key)) ?? field.absent]
      })
      return Object.fromEntries(entries) as Message
    },
  }
}

/** A message that contains itself. */
export function lazily<T>(field: () => Field<T | null>): Field<T | null> {
  return { absent: null, read: (...at) => field().read(...at) }
}

/**
 * The message in `json`; no JSON at all is the empty message.
 *
 * @throws SyntaxError when this dialect refuses it.
 */
export function decode<Message>(
  schema: Field<Message | null>,
  json: JsonValue | undefined,
  dialect: DialectName,
): Message {
  const isEmpty = json === undefined || (json.type === 'null' && dialect === 'v1')
  const decoded = schema.read(isEmpty ? { type: 'object', members: [] } : json, dialect, 'request')
  return decoded ?? refuse('request')
}

/** protobuf JSON reads both the name in the .proto file and its lowerCamel form. */
function fieldNames(fields: object): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const name of Object.keys(fields)) {
    names.set(name, name)
    names.set(
      name.replace(/_(.)/g, (_match, letter: string) => letter.toUpperCase()),
      name,
    )
  }
  return names
}

function selectMembers(
  members: readonly JsonMember[],
  names: ReadonlyMap<string, string>,
  oneof: readonly string[],
  dialect: DialectName,
): ReadonlyMap<string, JsonValue> {
  const selected = new Map<string, JsonValue>()
  const seen = new Set<string>()
  for (const { name, value } of members) {
    const field = names.get(name)
    if (field === undefined) continue
    if (dialect === 'v2' && seen.has(field)) throw new SyntaxError(`proto: duplicate field "${name}"`)
    seen.add(field)
    if (value.type === 'null') selected.delete(field)
    else selected.set(field, value)
  }
  const set = oneof.filter((name) => selected.has(name))
  if (set.length > 1 && dialect === 'v2')
    throw new SyntaxError(`proto: error parsing "${set[1]}", oneof is already set`)
  // jsonpb goes through the fields in the order of the .proto file, each one replacing the one before it.
  for (const name of set.slice(0, -1)) selected.delete(name)
  return selected
}

function readInt64(json: JsonValue, dialect: DialectName, name: string): bigint {
  const digits = json.type === 'number' ? json.text : json.type === 'string' ? json.value : refuse(name)
  const value = dialect === 'v1' ? plainInteger(digits, json.type === 'string') : anyInteger(digits)
  return value !== undefined && BigInt.asIntN(64, value) === value ? value : refuse(name)
}

function plainInteger(digits: string, spaced: boolean): bigint | undefined {
  return /^-?(?:0|[1-9]\d*)$/.test(spaced ? digits.trim() : digits) ? BigInt(digits) : undefined
}

/** protojson takes `5.0` and `1e1` as well, quoted or not. */
function anyInteger(digits: string): bigint | undefined {
  if (/^-?(?:0|[1-9]\d*)$/.test(digits)) return BigInt(digits)
  const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(digits)
  return isNumber && Number.isInteger(Number(digits)) ? BigInt(Number(digits)) : undefined
}

function refuse(name: string): never {
  throw new SyntaxError(`invalid value for field ${name}`)
}
