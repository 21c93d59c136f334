import { EtcdError } from '../errors.ts'

interface Snapshot {
  readonly revision: number
  readonly updatedAt: number
  readonly stale: boolean
}

export interface SnapshotCacheOptions {
  readonly maxAgeMs: number
  readonly maxStaleMs: number
  readonly maxEntries: number
}

export interface SnapshotCache<Value extends Snapshot> {
  /** A snapshot that is fresh enough, or what `load` brings, or the last good one when that fails. */
  read(name: string, options: { readonly consistency?: string }, load: () => Promise<Value>): Promise<Value>
  peek(name: string): Value | undefined
  seed(name: string, value: Value): void
  expire(name: string): void
}

interface Entry<Value> {
  readonly value: Value
  /** From then on etcd is asked again. */
  readonly freshUntil: number
}

/** Snapshots by name. Data only: what one request of a Worker waits for is never handed to another. */
export function createSnapshotCache<Value extends Snapshot>(options: SnapshotCacheOptions): SnapshotCache<Value> {
  const { maxAgeMs, maxStaleMs, maxEntries } = options
  const entries = new Map<string, Entry<Value>>()

  const store = (name: string, value: Value, freshUntil: number) => {
    // Last in the map is the one used last.
    entries.delete(name)
    entries.set(name, { value, freshUntil })
    const [oldest] = entries.keys()
    if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest)
  }

  /** The last good snapshot instead of an error; and for a moment nobody waits for etcd again. */
  const lastGood = (name: string, error: unknown): Value => {
    const entry = entries.get(name)
    if (!(error instanceof EtcdError) || entry === undefined) throw error
    const now = Date.now()
    if (now - entry.value.updatedAt > maxStaleMs) throw error
    const value = Object.freeze({ ...entry.value, stale: true })
    store(name, value, now + maxAgeMs)
    return value
  }

  return {
    async read(name, { consistency = 'bounded' }, load) {
      const entry = entries.get(name)
      if (entry !== undefined && consistency !== 'strong') {
        const now = Date.now()
        const withinStale = now - entry.value.updatedAt <= maxStaleMs
        if (now < entry.freshUntil && (!entry.value.stale || withinStale)) return entry.value
        if (consistency === 'stale' && withinStale) return entry.value
      }
      const askedAt = Date.now()
      try {
        const value = await load()
        const known = entries.get(name)?.value
        // Two calls at once: the one that etcd answered first may arrive last, and must not hide the newer state.
        if (known !== undefined && known.updatedAt >= askedAt && known.revision > value.revision) return known
        store(name, value, value.updatedAt + maxAgeMs)
        return value
      } catch (error) {
        if (consistency === 'strong') throw error
        return lastGood(name, error)
      }
    },
    peek: (name) => entries.get(name)?.value,
    seed(name, value) {
      const known = entries.get(name)?.value
      if (known === undefined || known.revision < value.revision) store(name, value, value.updatedAt + maxAgeMs)
    },
    expire(name) {
      const entry = entries.get(name)
      if (entry !== undefined) entries.set(name, { ...entry, freshUntil: 0 })
    },
  }
}
