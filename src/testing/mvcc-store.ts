import { type Change, KeyIndex, type KeyValue } from './key-index.ts'
import type { KeySpan } from './key-span.ts'
import { lowerBound } from './lower-bound.ts'
import { etcdError } from './rpc-error.ts'

export interface ReadView {
  /** The revision that reads without a revision see. */
  readonly revision: number
  /** Reads below this revision fail; -1 before the first compaction. */
  readonly compactedRevision: number
  /**
   * The span as it was at `revision`, in key order; 0 or less is the view's own revision.
   *
   * @throws RpcError `Compacted` or `FutureRev`.
   */
  range(span: KeySpan, revision?: number): KeyValue[]
}

/** A view that sees its own writes. All of them get one revision, the one after the store's. */
export interface WriteView extends ReadView {
  put(key: string, value: string, lease: string): void
  /** Deletes the span and returns what was in it. */
  delete(span: KeySpan): KeyValue[]
}

export type CommitListener = (changes: readonly Change[]) => void

/** The keys of an etcd with their whole history since the last compaction (etcd: `server/storage/mvcc`). */
export class MvccStore implements ReadView {
  readonly #index = new KeyIndex()
  readonly #listeners = new Set<CommitListener>()
  #log: Change[] = []
  #revision = 1
  #compactedRevision = -1

  get revision(): number {
    return this.#revision
  }

  get compactedRevision(): number {
    return this.#compactedRevision
  }

  range(span: KeySpan, revision = 0): KeyValue[] {
    return this.#rangeAt(span, revision, this.#revision)
  }

  /** Runs `operations` and commits what they changed as one revision; without a change the revision stays. */
  write<Result>(operations: (view: WriteView) => Result): Result {
    const changes: Change[] = []
    const result = operations(this.#writeView(changes))
    if (changes.length > 0) this.#commit(changes)
    return result
  }

  /**
   * What happened from `revision` on, oldest first, and the revision to go on from: at most `limit` revisions at once.
   */
  changesFrom(
    revision: number,
    isWanted: (change: Change) => boolean,
    limit: number,
  ): [changes: Change[], next: number] {
    const wanted: Change[] = []
    const revisions = new Set<number>()
    for (let i = lowerBound(this.#log, ({ kv }) => kv.modRevision < revision); i < this.#log.length; i++) {
      const change = this.#log[i] as Change
      if (!isWanted(change)) continue
      if (revisions.add(change.kv.modRevision).size > limit) return [wanted, change.kv.modRevision]
      wanted.push(change)
    }
    return [wanted, Math.max(revision, this.#revision + 1)]
  }

  /** @throws RpcError `Compacted` when that was done already, `FutureRev` beyond the store's revision. */
  compact(revision: number): void {
    if (revision <= this.#compactedRevision) throw etcdError('Compacted')
    if (revision > this.#revision) throw etcdError('FutureRev')
    this.#compactedRevision = revision
    this.#index.compact(revision)
    this.#log = this.#log.slice(lowerBound(this.#log, ({ kv }) => kv.modRevision < revision))
  }

  /** Calls `listener` after every commit until the returned function is called. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #rangeAt(span: KeySpan, revision: number, current: number): KeyValue[] {
    if (revision > current) throw etcdError('FutureRev')
    const wanted = revision > 0 ? revision : current
    if (wanted < this.#compactedRevision) throw etcdError('Compacted')
    return this.#index.range(span, wanted)
  }

  #writeView(changes: Change[]): WriteView {
    const store = this
    const written = this.#revision + 1
    const append = (change: Change) => {
      changes.push(change)
      this.#index.append(change)
    }
    return {
      get revision() {
        return changes.length > 0 ? written : store.#revision
      },
      compactedRevision: this.#compactedRevision,
      range(span, revision = 0) {
        return store.#rangeAt(span, revision, this.revision)
      },
      put(key, value, lease) {
        const previous = store.#index.get(key, written)
        const createRevision = previous?.createRevision ?? written
        const version = (previous?.version ?? 0) + 1
        append({ deleted: false, kv: { key, value, createRevision, modRevision: written, version, lease } })
      },
      delete(span) {
        const deleted = store.#index.range(span, written)
        for (const { key } of deleted) append({ deleted: true, kv: tombstone(key, written) })
        return deleted
      },
    }
  }

  #commit(changes: readonly Change[]): void {
    this.#revision++
    for (const change of changes) this.#log.push(change)
    for (const listener of this.#listeners) listener(changes)
  }
}

function tombstone(key: string, modRevision: number): KeyValue {
  return { key, value: '', createRevision: 0, modRevision, version: 0, lease: '0' }
}
