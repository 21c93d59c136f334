import type { WireWatchResponse } from '../http-client/wire.ts'
import type { Caller } from './auth-book.ts'
import { type BackgroundInterval, startBackgroundInterval } from './background-interval.ts'
import { type EtcdServer, header } from './etcd-server.ts'
import type { Change } from './key-index.ts'
import { keySpan } from './key-span.ts'
import type { MessageSource } from './message-source.ts'
import { RpcError } from './rpc-error.ts'
import type { WatchCreateRequest, WatchRequest } from './watch-request.ts'
import { eventMessages, isWatched, type Watcher } from './watcher.ts'

/** Messages that may wait for a slow reader before its watchers go back to reading history (`mvcc.chanBufLen`). */
const maxWaiting = 128
/** Revisions in one message of a watcher that reads history (`mvcc.watchBatchMaxRevs`). */
const maxRevisions = 1000
/** `--watch-progress-notify-interval`. */
const progressMs = 600_000

/**
 * The watchers of one watch stream (etcd: `v3rpc/watch.go` and `mvcc/watchable_store.go`). A watcher that is in sync
 * gets one message per commit; one that starts in the past, or whose reader is slow, reads up to 1000 revisions of
 * history at a time.
 */
export class WatchStream implements MessageSource {
  readonly #server: EtcdServer
  readonly #caller: Caller | RpcError
  readonly #watchers = new Map<string, Watcher>()
  readonly #waiting: WireWatchResponse[] = []
  readonly #unsubscribe: () => void
  #nextId = 0
  #progress: BackgroundInterval | undefined
  #wake: (() => void) | undefined
  #isClosed = false

  /** The caller may be the error that its token has come to: a watch is opened, and refused. */
  constructor(server: EtcdServer, requests: readonly WatchRequest[], caller: Caller | RpcError) {
    this.#server = server
    this.#caller = caller
    server.watchStreams.add(this)
    this.#unsubscribe = server.store.onCommit((changes) => this.#notify(changes))
    for (const request of requests) this.#receive(request)
    this.#fill()
  }

  get watcherCount(): number {
    return this.#watchers.size
  }

  async next(): Promise<WireWatchResponse | undefined> {
    while (this.#waiting.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const message = this.#waiting.shift()
    this.#fill()
    return message
  }

  close(): void {
    this.#isClosed = true
    this.#unsubscribe()
    this.#server.watchStreams.delete(this)
    clearInterval(this.#progress)
    this.#watchers.clear()
    this.#wake?.()
  }

  #receive(request: WatchRequest): void {
    if (request.create_request) this.#create(request.create_request)
    else if (request.cancel_request) this.#cancel(request.cancel_request.watch_id)
    else if (request.progress_request) this.#sendProgress([...this.#watchers.values()], '-1')
  }

  #create(request: WatchCreateRequest): void {
    const reason = this.#refusal(request)
    if (reason !== undefined) {
      this.#send({ header: header(this.#server), watch_id: '-1', created: true, canceled: true, cancel_reason: reason })
      return
    }
    const watcher = this.#watcher(request)
    this.#watchers.set(watcher.id, watcher)
    if (request.progress_notify) this.#progress ??= startBackgroundInterval(() => this.#tick(), progressMs)
    this.#send({ header: header(this.#server), watch_id: watcher.id, created: true })
  }

  #refusal(request: WatchCreateRequest): string | undefined {
    const denial = this.#denial(request)
    if (denial !== undefined) return `rpc error: code = ${codeName(denial.code)} desc = ${denial.message}`
    if (request.start_revision < 0) return 'etcdserver: mvcc: required revision has been compacted'
    const { from, to } = watchedSpan(request)
    if (to !== undefined && from >= to) return 'mvcc: watcher range is empty'
    const isTaken = request.watch_id !== '0' && this.#watchers.has(request.watch_id)
    return isTaken ? 'mvcc: duplicate watch ID provided on the WatchStream' : undefined
  }

  #denial(request: WatchCreateRequest): RpcError | undefined {
    if (this.#caller instanceof RpcError) return this.#caller
    try {
      this.#server.auth.permit(this.#caller, 'read', watchedSpan(request))
      return undefined
    } catch (error) {
      if (error instanceof RpcError) return error
      throw error
    }
  }

  #watcher(request: WatchCreateRequest): Watcher {
    const { revision } = this.#server.store
    const synced = request.start_revision === 0 || request.start_revision > revision
    return {
      id: request.watch_id === '0' ? this.#freeId() : request.watch_id,
      span: watchedSpan(request),
      request,
      next: synced ? revision + 1 : request.start_revision,
      synced,
      wantsProgress: request.progress_notify,
    }
  }

  #freeId(): string {
    while (this.#watchers.has(String(this.#nextId))) this.#nextId++
    return String(this.#nextId++)
  }

  #cancel(watchId: string): void {
    if (!this.#watchers.delete(watchId)) return
    this.#send({ header: header(this.#server), watch_id: watchId, canceled: true })
  }

  #notify(changes: readonly Change[]): void {
    const { revision } = this.#server.store
    for (const watcher of this.#watchers.values()) {
      if (!watcher.synced) continue
      const watched = changes.filter((change) => isWatched(watcher, change))
      if (watched.length > 0 && this.#waiting.length >= maxWaiting) watcher.synced = false
      else this.#sendEvents(watcher, watched, revision + 1)
    }
  }

  /** Lets watchers read history as far as there is room. */
  #fill(): void {
    for (const watcher of this.#watchers.values()) {
      while (!watcher.synced && this.#waiting.length < maxWaiting) this.#catchUp(watcher)
    }
  }

  #catchUp(watcher: Watcher): void {
    const { store } = this.#server
    if (watcher.next < store.compactedRevision) {
      const compacted = String(store.compactedRevision)
      this.#watchers.delete(watcher.id)
      watcher.synced = true
      this.#send({ header: header(this.#server, 0), watch_id: watcher.id, canceled: true, compact_revision: compacted })
      return
    }
    const [changes, next] = store.changesFrom(watcher.next, (change) => isWatched(watcher, change), maxRevisions)
    watcher.synced = next > store.revision
    this.#sendEvents(watcher, changes, next)
  }

  #sendEvents(watcher: Watcher, changes: readonly Change[], next: number): void {
    watcher.next = next
    if (changes.length === 0) return
    watcher.wantsProgress = false
    for (const message of eventMessages(watcher, changes, this.#server.store)) {
      this.#send({ header: header(this.#server), ...message })
    }
  }

  /** Sent only if all watchers are in sync and none of them starts in the future, otherwise dropped (`progressIfSync`). */
  #sendProgress(watchers: readonly Watcher[], watchId: string): void {
    const { revision } = this.#server.store
    const isDue = watchers.every(({ synced, request }) => synced && revision >= request.start_revision)
    if (isDue && watchers.length > 0) this.#send({ header: header(this.#server), watch_id: watchId })
  }

  #tick(): void {
    for (const watcher of this.#watchers.values()) {
      if (watcher.wantsProgress) this.#sendProgress([watcher], watcher.id)
      watcher.wantsProgress = watcher.request.progress_notify
    }
  }

  #send(message: WireWatchResponse): void {
    this.#waiting.push(message)
    this.#wake?.()
  }
}

/** Of the codes that a watch is refused with. */
function codeName(code: number): string {
  if (code === 7) return 'PermissionDenied'
  return code === 16 ? 'Unauthenticated' : 'InvalidArgument'
}

/** An empty key is the smallest one: `"\0"`. */
function watchedSpan(request: WatchCreateRequest): ReturnType<typeof keySpan> {
  return keySpan(request.key === '' ? '\0' : request.key, request.range_end)
}
