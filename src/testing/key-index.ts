import type { KeySpan } from './key-span.ts'
import { lowerBound } from './lower-bound.ts'

/** A key and its value at one revision. Keys and values hold one character per byte. */
export interface KeyValue {
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  /** `"0"` is no lease. */
  readonly lease: string
}

/** One step in a key's history. A deletion's `kv` has only the key and the revision. */
export interface Change {
  readonly deleted: boolean
  readonly kv: KeyValue
}

/** Every key in byte order, with its history (etcd: `server/storage/mvcc/index.go`, `key_index.go`). */
export class KeyIndex {
  readonly #keys: string[] = []
  readonly #histories = new Map<string, Change[]>()

  append(change: Change): void {
    const { key } = change.kv
    const history = this.#histories.get(key)
    if (history) {
      history.push(change)
      return
    }
    this.#histories.set(key, [change])
    this.#keys.splice(this.#find(key), 0, key)
  }

  /** The key as it was at `revision`. */
  get(key: string, revision: number): KeyValue | undefined {
    const history = this.#histories.get(key) ?? []
    const last = history[lowerBound(history, (change) => change.kv.modRevision <= revision) - 1]
    return last === undefined || last.deleted ? undefined : last.kv
  }

  /** The span as it was at `revision`, in key order. */
  range(span: KeySpan, revision: number): KeyValue[] {
    const end = span.to === undefined ? this.#keys.length : this.#find(span.to)
    const keys = this.#keys.slice(this.#find(span.from), end)
    return keys.map((key) => this.get(key, revision)).filter((kv) => kv !== undefined)
  }

  /** Forgets what was replaced before or at `revision`; what every key was at `revision` can still be read. */
  compact(revision: number): void {
    const keys = this.#keys.splice(0)
    for (const key of keys) {
      const rest = compacted(this.#histories.get(key) ?? [], revision)
      if (rest.length > 0) {
        this.#keys.push(key)
        this.#histories.set(key, rest)
      } else {
        this.#histories.delete(key)
      }
    }
  }

  #find(key: string): number {
    return lowerBound(this.#keys, (other) => other < key)
  }
}

function compacted(history: readonly Change[], revision: number): Change[] {
  const later = lowerBound(history, (change) => change.kv.modRevision <= revision)
  const last = history[later - 1]
  return history.slice(last === undefined || last.deleted ? later : later - 1)
}
