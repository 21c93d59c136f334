import { WatchCanceledError } from '../errors.ts'
import { type AnswerContext, errorFromCancelReason } from './gateway-error.ts'
import { readHeader } from './header.ts'
import { readInt64 } from './int64.ts'
import { createKeyValue, type KeyValue } from './key-value.ts'
import type { WireEvent, WireWatchResponse } from './wire.ts'

export interface WatchEvent {
  readonly type: 'put' | 'delete'
  /** Of a delete only `key` and `modRevision` are set. */
  readonly kv: KeyValue
  /** What the key held before, when it was asked for, existed and is not compacted. */
  readonly prevKv?: KeyValue
}

export type WatchResetReason = 'compacted' | 'cluster-changed' | 'revision-went-back'

/** What a watch yields. After a `reset` it ends: what was missed cannot be known, so list again. */
export type WatchItem =
  | { readonly type: 'events'; readonly revision: number; readonly events: readonly WatchEvent[] }
  | { readonly type: 'progress'; readonly revision: number }
  | { readonly type: 'reset'; readonly reason: WatchResetReason }

/**
 * Where a watch stands: turns etcd's messages, from one stream after the other, into items, and knows the revision from
 * which the next stream has to start. It does no I/O.
 */
export interface WatchCursor {
  /** The first revision that has not been seen in whole. */
  readonly next: number
  /** Whether etcd has confirmed the watch on the current stream. */
  readonly created: boolean
  /** Begin a new stream: parts of a message that the last one did not finish are dropped; they will come again. */
  reopen(): void
  /** @throws AuthError, WatchCanceledError and others when etcd has canceled the watch. */
  accept(message: WireWatchResponse): WatchItem | undefined
  /** Whether the store is behind what this watch has seen already, as after a restore from backup; to be verified. */
  wentBack(message: WireWatchResponse): boolean
}

export interface CursorContext extends AnswerContext {
  /** Whether a key, in base64, is one that was asked for. */
  readonly wants?: ((key: string) => boolean) | undefined
}

export function createWatchCursor(startRevision: number, context: CursorContext): WatchCursor {
  let next = startRevision
  let clusterId: string | undefined
  let parts: WireEvent[] = []
  let created = false

  const takeEvents = (message: WireWatchResponse): WatchItem | undefined => {
    parts.push(...(message.events ?? []))
    if (message.fragment) return undefined
    const whole = parts
    parts = []
    const last = whole.at(-1)
    if (last === undefined) return undefined
    const from = next
    // By the events, never by the header: while catching up it already holds the store's newest revision.
    next = Math.max(next, readInt64(last.kv?.mod_revision, 'mod_revision') + 1)
    const wanted = context.wants === undefined ? whole : whole.filter(({ kv }) => context.wants?.(kv?.key ?? ''))
    // Servers before 3.4.38, 3.5.22 and 3.6.2 may deliver events from before the start.
    const events = wanted.map(readEvent).filter(({ kv }) => kv.modRevision >= from)
    return events.length === 0 ? undefined : { type: 'events', revision: next - 1, events }
  }

  return {
    get next() {
      return next
    },
    get created() {
      return created
    },
    reopen() {
      parts = []
      created = false
    },
    wentBack({ created: isCreated, canceled, header }) {
      if (!isCreated || canceled) return false
      const { revision, clusterId: from } = readHeader(header)
      // Of another cluster the revision says nothing.
      return (clusterId === undefined || clusterId === from) && revision < next - 1
    },
    accept(message) {
      const header = message.header?.cluster_id === undefined ? undefined : readHeader(message.header)
      if (header !== undefined) {
        if (clusterId !== undefined && clusterId !== header.clusterId) return reset('cluster-changed')
        clusterId = header.clusterId
      }
      // Before `created`: a watch that is refused at once is answered with both.
      if (message.canceled) return canceled(message, context)
      if (message.created) {
        created = true
        return undefined
      }
      if (message.events !== undefined) return takeEvents(message)
      if (header === undefined || header.revision < next - 1) return undefined
      next = header.revision + 1
      return { type: 'progress', revision: header.revision }
    },
  }
}

const reset = (reason: WatchResetReason): WatchItem => ({ type: 'reset', reason })

function canceled(message: WireWatchResponse, context: AnswerContext): WatchItem {
  const reason = message.cancel_reason ?? ''
  if (readInt64(message.compact_revision, 'compact_revision') > 0) return reset('compacted')
  if (/required revision has been compacted/.test(reason)) return reset('compacted')
  throw errorFromCancelReason(reason, context) ?? new WatchCanceledError(reason, { endpoint: context.endpoint })
}

function readEvent(event: WireEvent): WatchEvent {
  return {
    type: event.type === 'DELETE' ? 'delete' : 'put',
    kv: createKeyValue(event.kv ?? {}),
    ...(event.prev_kv === undefined ? {} : { prevKv: createKeyValue(event.prev_kv) }),
  }
}
