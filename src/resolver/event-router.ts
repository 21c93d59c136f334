import type { WatchEvent } from '../http-client/index.ts'
import { type InstanceFormat, rangesOf } from '../instance/index.ts'

/** Tells whom of several services an event concerns: directories may lie in one another, so that may be more than one. */
export interface EventRouter<Target> {
  /** The events of each that has any, in their order. */
  sort(events: readonly WatchEvent[]): ReadonlyMap<Target, readonly WatchEvent[]>
}

export function createEventRouter<Target extends { readonly service: string }>(
  format: InstanceFormat,
  targets: readonly Target[],
): EventRouter<Target> {
  const byPrefix = new Map<string, Target[]>()
  const byKey = new Map<string, Target[]>()
  for (const target of targets) {
    for (const range of rangesOf(format, target.service)) {
      if ('prefix' in range) addTo(byPrefix, range.prefix, target)
      else addTo(byKey, range.key, target)
    }
  }
  /** There are few of them, however many services there are. */
  const lengths = [...new Set([...byPrefix.keys()].map((prefix) => prefix.length))]

  return {
    sort(events) {
      const sorted = new Map<Target, WatchEvent[]>()
      for (const event of events) {
        const { key } = event.kv
        for (const length of lengths) {
          if (length > key.length) continue
          for (const target of byPrefix.get(key.slice(0, length)) ?? []) addTo(sorted, target, event)
        }
        for (const target of byKey.get(key) ?? []) addTo(sorted, target, event)
      }
      return sorted
    },
  }
}

function addTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}
