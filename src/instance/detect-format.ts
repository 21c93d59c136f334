import { InvalidInstanceError } from '../errors.ts'
import { type Clue, type Specimen, witnesses } from './format-clues.ts'
import type { InstanceFormat } from './instance-format.ts'
import { isObject } from './json-record.ts'
import { valueText } from './record-value.ts'

/** A key and what it holds, as a list of etcd answers. */
export interface StoredRecord {
  readonly key: string
  readonly value: Uint8Array | string
  readonly leaseId?: string
}

/** Whose records there are, perhaps. */
export interface FormatGuess {
  /** With the prefix under which the records were found: ready for a resolver. */
  readonly format: InstanceFormat
  /** As the format's option takes it. */
  readonly prefix: string
  /**
   * From 0 to 1: how far the records point to this format and no other, times the share of them among all the keys of the
   * directories that they are in. 1 is what only this framework writes, where it writes it by default.
   */
  readonly confidence: number
  /** How many of the keys it explains. */
  readonly records: number
}

interface Suspect {
  readonly format: InstanceFormat
  readonly prefix: string
  strength: number
  records: number
  readonly directories: Set<string>
}

/**
 * Guesses which frameworks have written these records, and where; the guess that explains most comes first. For people who
 * look at an etcd and do not know what lives there: nothing that runs by itself should take the guess for granted. Records
 * that no format reads are left out, so the answer may be empty.
 */
export function detectFormat(records: readonly StoredRecord[]): readonly FormatGuess[] {
  const suspects = new Map<string, Suspect>()
  const keysOf = new Map<string, number>()
  for (const record of records) {
    const directory = directoryOf(record.key)
    keysOf.set(directory, (keysOf.get(directory) ?? 0) + 1)
    const found = strongest(record)
    if (found === undefined) continue
    const name = `${found.format.name}\n${found.prefix}`
    const suspect = suspects.get(name) ?? { ...found, strength: 0, records: 0, directories: new Set<string>() }
    suspects.set(name, suspect)
    suspect.strength += found.strength
    suspect.records += 1
    suspect.directories.add(directory)
  }
  return [...suspects.values()]
    .map(({ format, prefix, strength, records, directories }) => {
      const keys = [...directories].reduce((sum, directory) => sum + (keysOf.get(directory) ?? 0), 0)
      return { format, prefix, confidence: strength / keys, records }
    })
    .sort((a, b) => b.confidence * b.records - a.confidence * a.records)
}

function strongest(record: StoredRecord): (Clue & { readonly format: InstanceFormat }) | undefined {
  const specimen = takeApart(record)
  if (specimen === undefined) return undefined
  const clues = witnesses.map((witness) => witness(specimen)).filter((clue) => clue !== undefined)
  for (const clue of clues.sort((a, b) => b.strength - a.strength)) {
    const format = readerOf(clue, specimen)
    if (format !== undefined) return { ...clue, format }
  }
  return undefined
}

/** The format, when it can be had with this prefix and reads the record. */
function readerOf({ create, prefix }: Clue, { key, text }: Specimen): InstanceFormat | undefined {
  try {
    const format = create({ prefix })
    format.decode(key, text)
    return format
  } catch (error) {
    if (error instanceof InvalidInstanceError || error instanceof TypeError) return undefined
    throw error
  }
}

function takeApart({ key, value, leaseId }: StoredRecord): Specimen | undefined {
  const segments = key.split('/')
  const [service, id] = segments.slice(-2)
  const text = readText(value)
  if (service === undefined || id === undefined || text === undefined) return undefined
  const prefix = segments.length < 3 ? undefined : segments.slice(0, -2).join('/')
  return { key, prefix, service, id, text, json: readObject(text), leaseId }
}

const directoryOf = (key: string) => key.slice(0, key.lastIndexOf('/') + 1)

function readText(value: Uint8Array | string): string | undefined {
  try {
    return valueText(value)
  } catch {
    return undefined
  }
}

function readObject(text: string) {
  try {
    const json: unknown = JSON.parse(text)
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}
