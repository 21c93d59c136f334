import type { KeyValue } from '../http-client/index.ts'
import type { RecordEvent } from './record-set.ts'

/**
 * Which state of each record is known, whether or not it can be read or is wanted. A list that is made while events arrive
 * is compared by it: for each key the newer word counts, be it the list's or an event's.
 */
export interface RecordRevisions {
  has(key: string): boolean
  replace(kvs: readonly KeyValue[]): void
  apply(events: readonly RecordEvent[]): void
  /** From now on it is remembered which records were deleted, until {@link endCheck}: a list may still hold them. */
  beginCheck(): void
  /** What a list that was asked for since, and holds all records as of `revision`, knows better: as events. */
  compare(kvs: readonly KeyValue[], revision: number): readonly RecordEvent[]
  /** Those of them that no event has told since. */
  stillMissed(missed: readonly RecordEvent[]): readonly RecordEvent[]
  endCheck(): void
}

export function createRecordRevisions(): RecordRevisions {
  let known = new Map<string, number>()
  let deleted: Map<string, number> | undefined

  const isMissed = ({ type, kv: { key, modRevision } }: RecordEvent) => {
    if (type === 'delete') return known.get(key) === modRevision
    return Math.max(known.get(key) ?? 0, deleted?.get(key) ?? 0) < modRevision
  }

  return {
    has: (key) => known.has(key),
    replace(kvs) {
      known = new Map(kvs.map(({ key, modRevision }) => [key, modRevision]))
    },
    apply(events) {
      for (const { type, kv } of events) {
        if (type === 'put') {
          known.set(kv.key, kv.modRevision)
          continue
        }
        known.delete(kv.key)
        deleted?.set(kv.key, kv.modRevision)
      }
    },
    beginCheck() {
      deleted = new Map()
    },
    compare(kvs, revision) {
      const listed = new Set(kvs.map(({ key }) => key))
      const puts = kvs.map((kv): RecordEvent => ({ type: 'put', kv })).filter(isMissed)
      const gone = [...known].filter(([key, modRevision]) => modRevision <= revision && !listed.has(key))
      return [...puts, ...gone.map(([key, modRevision]): RecordEvent => ({ type: 'delete', kv: { key, modRevision } }))]
    },
    stillMissed: (missed) => missed.filter(isMissed),
    endCheck() {
      deleted = undefined
    },
  }
}
