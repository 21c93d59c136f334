import { EtcdError } from '../errors.ts'

interface Snapshot {
  readonly revision: number
  readonly updatedAt: number
  readonly stale: boolean
}

export interface SnapshotCacheOptions<Value> {
  readonly maxAgeMs: number
  readonly maxStaleMs: number
  readonly maxEntries: number
  /** @default etcd's word counts */
  readonly keep?: Keep<Value> | undefined
}

/** What is given instead of etcd's word, and until when. */
export interface Kept<Value> {
  readonly value: Value
  readonly until: number
}

/** @param before what was known before etcd said `value` */
export type Keep<Value> = (before: Known<Value> | undefined, value: Value) => Kept<Value> | undefined

interface Known<Value> {
  /** What etcd has said last, also when that was some time ago. */
  readonly value: Value
  readonly kept: Kept<Value> | undefined
}

export type Consistency = 'strong' | 'bounded' | 'stale'

export interface ReadOptions {
  readonly consistency?: Consistency
  /** Of the call that `load` makes. */
  readonly timeoutMs?: number | undefined
}

export interface SnapshotCache<Value extends Snapshot> {
  /** What can be given without asking; undefined when etcd has to be asked. Allocates nothing. */
  given(name: string, consistency?: Consistency): Value | undefined
  /** What `load` brings, or the last good snapshot when that fails; until then, what is known will do for the others. */
  ask(name: string, load: () => Promise<Value>, options: ReadOptions): Promise<Value>
  /** As {@link given} or {@link ask} each, in the order of the names; what has to be asked is asked in one `load`. */
  readMany(
    names: readonly string[],
    load: (missing: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
    options: ReadOptions,
  ): Promise<readonly Value[]>
  peek(name: string): Value | undefined
  seed(name: string, value: Value): void
  expire(name: string): void
}

/** All times are milliseconds since 1970. */
interface Entry<Value> extends Known<Value> {
  /** From then on etcd is asked again. */
  readonly freshUntil: number
  /** A note: somebody asks, and until then what is known will do for the others. It ends by itself, whatever becomes of who asks. */
  askingUntil: number
  /** How often it was expired: who asked before does not bring what was wanted. */
  readonly expiries: number
}

/** What was known when somebody began to ask. */
interface Question<Value> {
  readonly name: string
  readonly askedAt: number
  readonly entry: Entry<Value> | undefined
  /** The note that was taken. */
  readonly askingUntil: number
}

/** The longest that who asks is waited for, as long as a call takes by default: its runtime may have ended it. */
const patienceMs = 3000
const expired = Number.NEGATIVE_INFINITY

/** Snapshots by name. Data only: what one request of a Worker waits for is never handed to another. */
export function createSnapshotCache<Value extends Snapshot>(
  options: SnapshotCacheOptions<Value>,
): SnapshotCache<Value> {
  const { maxAgeMs, maxStaleMs, maxEntries, keep } = options
  /** For how long an answer that is too old will do while a newer one is on its way. */
  const overlapMs = maxAgeMs === 0 ? 0 : patienceMs
  const entries = new Map<string, Entry<Value>>()

  const store = (name: string, value: Value, until: number) => {
    const freshUntil = value.stale ? Math.min(until, value.updatedAt + maxStaleMs) : until
    const before = entries.get(name)
    const kept = keep?.(before, value)
    // Last in the map is the one used last.
    entries.delete(name)
    entries.set(name, { value, kept, freshUntil, askingUntil: 0, expiries: before?.expiries ?? 0 })
    const [oldest] = entries.keys()
    if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest)
  }

  const begin = (name: string, { consistency, timeoutMs = patienceMs }: ReadOptions): Question<Value> => {
    const askedAt = Date.now()
    const entry = entries.get(name)
    if (entry === undefined || consistency === 'strong') return { name, askedAt, entry, askingUntil: 0 }
    const { freshUntil, value } = entry
    entry.askingUntil = Math.min(askedAt + timeoutMs, freshUntil + overlapMs, value.updatedAt + maxStaleMs)
    return { name, askedAt, entry, askingUntil: entry.askingUntil }
  }

  /** Nobody is to wait for an answer that will not come; a later note is somebody else's. */
  const end = ({ entry, askingUntil }: Question<Value>) => {
    if (entry?.askingUntil === askingUntil) entry.askingUntil = 0
  }

  const shown = ({ value, kept }: Known<Value>): Value =>
    kept !== undefined && Date.now() < kept.until ? kept.value : value

  /** What is given when etcd's word, as it is known now, is this. */
  const insteadOf = (name: string, value: Value, { consistency }: ReadOptions): Value => {
    const entry = consistency === 'strong' ? undefined : entries.get(name)
    return entry?.value === value ? shown(entry) : value
  }

  /** @returns etcd's word, or a newer one that has come meanwhile. */
  const answered = ({ name, askedAt, entry: before }: Question<Value>, value: Value): Value => {
    const known = entries.get(name)
    // Of two that ask at once, the one that etcd answered first may hear it last, and must not hide the newer state.
    const newer = known !== undefined && known.value.updatedAt >= askedAt && known.value.revision > value.revision
    if (newer) return known.value
    const wanted = before === undefined || known === undefined || before.expiries === known.expiries
    store(name, value, wanted ? value.updatedAt + maxAgeMs : expired)
    return value
  }

  /** The last good snapshot instead of an error; and for a moment nobody waits for etcd again. */
  const lastGood = (name: string, error: unknown): Value => {
    const entry = entries.get(name)
    if (!(error instanceof EtcdError) || entry === undefined) throw error
    const now = Date.now()
    if (now - entry.value.updatedAt > maxStaleMs) throw error
    const value = Object.freeze({ ...entry.value, stale: true })
    store(name, value, now + maxAgeMs)
    return insteadOf(name, value, {})
  }

  const given = (name: string, consistency?: Consistency): Value | undefined => {
    const entry = entries.get(name)
    if (entry === undefined || consistency === 'strong') return undefined
    const { value, freshUntil, askingUntil } = entry
    const now = Date.now()
    const willDo = now < freshUntil || now < askingUntil
    return willDo || (consistency === 'stale' && now - value.updatedAt <= maxStaleMs) ? shown(entry) : undefined
  }

  return {
    given,
    async ask(name, load, options) {
      const question = begin(name, options)
      try {
        return insteadOf(name, answered(question, await load()), options)
      } catch (error) {
        if (options.consistency === 'strong') throw error
        return lastGood(name, error)
      } finally {
        end(question)
      }
    },
    async readMany(names, load, options) {
      const found = new Map<string, Value>()
      const questions = new Map<string, Question<Value>>()
      for (const name of new Set(names)) {
        const known = given(name, options.consistency)
        if (known === undefined) questions.set(name, begin(name, options))
        else found.set(name, known)
      }
      let failure: unknown
      try {
        const loaded = questions.size > 0 ? await load([...questions.keys()]) : found
        for (const [name, question] of questions) {
          const value = loaded.get(name)
          if (value === undefined) continue
          // Not what is newer meanwhile: they were asked together, and are of one revision.
          answered(question, value)
          found.set(name, insteadOf(name, value, options))
        }
      } catch (error) {
        if (options.consistency === 'strong') throw error
        failure = error
      } finally {
        questions.forEach(end)
      }
      return names.map((name) => found.get(name) ?? lastGood(name, failure))
    },
    peek: (name) => entries.get(name)?.value,
    seed(name, value) {
      const known = entries.get(name)?.value
      if (known === undefined || known.revision < value.revision) store(name, value, value.updatedAt + maxAgeMs)
    },
    expire(name) {
      const entry = entries.get(name)
      if (entry === undefined) return
      entries.set(name, { ...entry, freshUntil: expired, askingUntil: 0, expiries: entry.expiries + 1 })
    },
  }
}
