import type { WireEvent, WireWatchResponse } from '../http-client/wire.ts'
import type { Change } from './key-index.ts'
import { type KeySpan, keySpan, spanHas } from './key-span.ts'
import { maxMessageBytes, messageSize } from './message-size.ts'
import type { MvccStore } from './mvcc-store.ts'
import type { WatchCreateRequest } from './watch-request.ts'
import { wireKeyValue } from './wire-text.ts'

/** One watcher of a watch stream. */
export interface Watcher {
  readonly id: string
  readonly span: KeySpan
  readonly request: WatchCreateRequest
  /** The first revision it has not seen. */
  next: number
  /** Whether it gets every commit as it happens, or has to read history first. */
  synced: boolean
  /** Whether the next progress tick is for it: it asked for progress and had no events since the last tick. */
  wantsProgress: boolean
}

export function isWatched(watcher: Watcher, change: Change): boolean {
  const { filters, start_revision: start } = watcher.request
  if (change.kv.modRevision < start || !spanHas(watcher.span, change.kv.key)) return false
  return !filters.includes(change.deleted ? 1 : 0)
}

/** The events as messages without their header: one, or parts if the watcher asked for fragments and it is too large. */
export function eventMessages(
  watcher: Watcher,
  changes: readonly Change[],
  store: MvccStore,
): Omit<WireWatchResponse, 'header'>[] {
  const events = changes.map((change) => wireEvent(change, watcher.request.prev_kv ? store : undefined))
  const parts = watcher.request.fragment ? fragments(events) : [events]
  return parts.map((part, i) => ({ watch_id: watcher.id, fragment: i < parts.length - 1, events: part }))
}

function wireEvent(change: Change, history: MvccStore | undefined): WireEvent {
  const kv = wireKeyValue(change.kv)
  const event: WireEvent = change.deleted ? { type: 'DELETE', kv } : { kv }
  const previous = history && previousOf(change, history)
  return previous ? { ...event, prev_kv: wireKeyValue(previous) } : event
}

/** Nothing if the key was created by this change or what was before it is compacted. */
function previousOf({ kv }: Change, store: MvccStore): Change['kv'] | undefined {
  const before = kv.modRevision - 1
  const isCreation = kv.createRevision === kv.modRevision
  if (isCreation || before <= 0 || before < store.compactedRevision) return undefined
  return store.range(keySpan(kv.key, ''), before)[0]
}

/** Cuts where a message would grow beyond etcd's limit, in the middle of a revision if need be (`sendFragments`). */
function fragments(events: readonly WireEvent[]): WireEvent[][] {
  const parts: WireEvent[][] = []
  let part: WireEvent[] = []
  let size = 0
  for (const event of events) {
    // What is counted is bytes, and base64 is a third longer.
    const eventSize = (messageSize(event) * 3) / 4
    if (part.length > 0 && size + eventSize >= maxMessageBytes) {
      parts.push(part)
      part = []
      size = 0
    }
    part.push(event)
    size += eventSize
  }
  return [...parts, part]
}
