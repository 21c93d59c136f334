import { decodeBase64, decodeBase64Text } from './base64.ts'
import { readId, readInt64 } from './int64.ts'
import type { WireKeyValue } from './wire.ts'

/** One key of etcd with its value and history. Text and bytes are decoded when they are first read. */
export interface KeyValue {
  readonly key: string
  readonly keyBytes: Uint8Array
  /** The value as UTF-8 text; `''` when it is empty. */
  readonly value: string
  readonly valueBytes: Uint8Array
  readonly createRevision: number
  readonly modRevision: number
  /** How often the key has been put since it was created: 1 for a new key. */
  readonly version: number
  /** The lease that holds the key, as a decimal string; `"0"` when none does. */
  readonly leaseId: string
  /** The value parsed as JSON. @throws SyntaxError when it is not JSON. */
  json<T = unknown>(): T
}

class LazyKeyValue implements KeyValue {
  readonly #wire: WireKeyValue
  #key: string | undefined
  #value: string | undefined

  constructor(wire: WireKeyValue) {
    this.#wire = wire
  }

  get key(): string {
    this.#key ??= decodeBase64Text(this.#wire.key ?? '')
    return this.#key
  }

  get keyBytes(): Uint8Array {
    return decodeBase64(this.#wire.key ?? '')
  }

  get value(): string {
    this.#value ??= decodeBase64Text(this.#wire.value ?? '')
    return this.#value
  }

  get valueBytes(): Uint8Array {
    return decodeBase64(this.#wire.value ?? '')
  }

  get createRevision(): number {
    return readInt64(this.#wire.create_revision, 'create_revision')
  }

  get modRevision(): number {
    return readInt64(this.#wire.mod_revision, 'mod_revision')
  }

  get version(): number {
    return readInt64(this.#wire.version, 'version')
  }

  get leaseId(): string {
    return readId(this.#wire.lease)
  }

  json<T = unknown>(): T {
    return JSON.parse(this.value) as T
  }
}

export function createKeyValue(wire: WireKeyValue): KeyValue {
  return new LazyKeyValue(wire)
}

export function createKeyValues(wire: readonly WireKeyValue[] | undefined): KeyValue[] {
  return (wire ?? []).map(createKeyValue)
}
