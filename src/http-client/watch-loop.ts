import { createBackoff, jitter, sleep } from '../backoff.ts'
import { AuthError, EtcdError, UnavailableError } from '../errors.ts'
import { notify } from '../notify.ts'
import type { Call } from './calls.ts'
import * as calls from './calls.ts'
import type { Endpoint } from './endpoints.ts'
import type { Gateway } from './gateway.ts'
import { readHeader } from './header.ts'
import { readJsonStream, type StreamLimits, type StreamRequest } from './json-stream.ts'
import { wantsLogin } from './login.ts'
import type { KeyMapping } from './namespace.ts'
import { abandoned, beginAttempt, observeRetry } from './observed-attempt.ts'
import type { ClientConfig } from './options.ts'
import { isFault } from './repeat-call.ts'
import { requestHeaders } from './request-headers.ts'
import { createWatchCursor, type WatchCursor, type WatchItem } from './watch-cursor.ts'
import { type WatchPlan, watchBody } from './watch-request.ts'
import type { WireRangeResponse, WireWatchResponse } from './wire.ts'

export type WatchState = { readonly state: 'connected' } | { readonly state: 'interrupted'; readonly error: EtcdError }

export interface WatchLoopOptions {
  readonly plan: WatchPlan
  /** What to do instead when etcd does not allow the plan. */
  readonly fallback: (() => WatchPlan) | undefined
  readonly startRevision: number | undefined
  readonly progressNotify: boolean
  readonly limits: StreamLimits
  /** Where the keys live, when that is not the whole etcd. */
  readonly mapping: KeyMapping | undefined
  readonly onState: ((state: WatchState) => void) | undefined
}

/** One stream after the other, each from where the last one was, until the reader leaves or nothing can be done. */
export async function* runWatchLoop(
  gateway: Gateway,
  config: ClientConfig,
  options: WatchLoopOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchItem, void> {
  const { pool, observer } = config
  const { onState, fallback } = options
  const backoff = createBackoff()
  let { plan } = options
  let startRevision = options.startRevision
  let cursors: readonly WatchCursor[] | undefined
  let loginTried = false

  for (let attempt = 1; ; attempt++) {
    const sent = { call: calls.watch, endpoint: pool.pick(), attempt }
    const stream = { gateway, config, options, plan, sent, signal, token: undefined as string | undefined }
    const openedAt = performance.now()
    try {
      startRevision ??= (await revisionNow(stream)) + 1
      cursors ??= createCursors(plan, startRevision)
      for (const cursor of cursors) cursor.reopen()
      if (yield* readStream(stream, cursors)) return
      backoff.reset()
      loginTried = false
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (plan === options.plan && fallback !== undefined && isDenied(error)) {
        plan = fallback()
        startRevision = cursors?.[0]?.next ?? startRevision
        cursors = undefined
        continue
      }
      const isConnected = cursors?.some(({ created }) => created) ?? false
      const logsIn: boolean = wantsLogin(error) && gateway.login.enabled && (!loginTried || isConnected)
      const fault: boolean = isFault(error, calls.watch)
      loginTried = logsIn
      if (logsIn || fault) gateway.login.forget(sent.endpoint, stream.token)
      // It could not even be learned what "now" is: nothing is being watched yet.
      if (!(error instanceof EtcdError) || cursors === undefined || !(logsIn || error.retryable)) throw error
      if (fault) pool.failed(sent.endpoint)
      if (!logsIn) notify(onState, { state: 'interrupted', error })
      // A server that accepts streams and drops them is no healthier for it.
      if (performance.now() - openedAt > 10_000) backoff.reset()
      const delayMs = logsIn ? 0 : backoff.next()
      observeRetry(observer, sent, error, delayMs)
      await sleep(delayMs, signal)
    }
  }
}

interface OpenStream {
  readonly gateway: Gateway
  readonly config: ClientConfig
  readonly options: WatchLoopOptions
  readonly plan: WatchPlan
  readonly sent: { readonly call: Call; readonly endpoint: Endpoint; readonly attempt: number }
  readonly signal: AbortSignal
  /** What the stream was opened with. */
  token: string | undefined
}

/** The items of one stream; `true` when the last one was a reset, after which there is nothing more to watch. */
async function* readStream(stream: OpenStream, cursors: readonly WatchCursor[]): AsyncGenerator<WatchItem, boolean> {
  const { gateway, config, options, plan, sent, signal } = stream
  const { mapping, progressNotify, onState } = options
  stream.token = await gateway.login.token(sent.endpoint, signal)
  const headers = requestHeaders({ token: stream.token, requireLeader: config.requireLeader })
  const request = { ...sent, headers, body: watchBody(plan, cursors, mapping), endless: true }
  const ended = beginAttempt(config.observer, sent)
  let outcome: unknown = abandoned
  let reset: WatchItem | undefined
  try {
    for await (const mapped of messages(request, cursors, options.limits, signal)) {
      const message = mapping?.watchResponse(mapped) ?? mapped
      const cursor = cursorOf(cursors, message)
      if (cursor.wentBack(message) && (await revisionNow(stream)) < cursor.next - 1) {
        reset = { type: 'reset', reason: 'revision-went-back' }
        break
      }
      const item = cursor.accept(message)
      if (message.created && cursors.every(({ created }) => created)) {
        config.pool.succeeded(sent.endpoint)
        notify(onState, { state: 'connected' })
      }
      const told = item?.type === 'progress' ? progressOf(cursors, item) : item
      if (told === undefined || (told.type === 'progress' && !progressNotify)) continue
      if (told.type === 'reset') {
        reset = told
        break
      }
      yield told
    }
    outcome = undefined
  } catch (error) {
    outcome = error
    throw error
  } finally {
    ended(outcome)
  }
  // Told when the stream is closed already: whoever takes it may never ask again.
  if (reset === undefined) return false
  yield reset
  return true
}

const createCursors = (plan: WatchPlan, revision: number): readonly WatchCursor[] =>
  plan.creates.map(() => createWatchCursor(revision, { call: 'watch', endpoint: 'etcd', wants: plan.wants }))

const isDenied = (error: unknown) => error instanceof AuthError && /permission denied/.test(error.message)

async function revisionNow({ gateway, plan, signal }: OpenStream): Promise<number> {
  const { key, range_end } = plan.creates[0] ?? {}
  const body = { key, ...(range_end === undefined ? {} : { range_end }), count_only: true }
  return readHeader((await gateway.call<WireRangeResponse>(calls.range, body, { signal })).header).revision
}

/** The messages of one stream. Of several watches all have to be confirmed, or it is no stream to rely on. */
async function* messages(
  request: StreamRequest,
  cursors: readonly WatchCursor[],
  limits: StreamLimits,
  signal: AbortSignal,
): AsyncGenerator<WireWatchResponse, void> {
  const { origin } = request.endpoint
  const aged = { ...limits, maxAgeMs: jitter(limits.maxAgeMs) }
  if (cursors.length === 1) {
    yield* readJsonStream<WireWatchResponse>(request, aged, signal)
    return
  }
  const controller = new AbortController()
  const missing = setTimeout(() => {
    const confirmed = cursors.filter(({ created }) => created).length
    if (confirmed === cursors.length) return
    const message = `watch: ${origin} confirmed ${confirmed} of ${cursors.length} watches`
    controller.abort(new UnavailableError(message, { endpoint: origin }))
  }, limits.headerTimeoutMs)
  try {
    yield* readJsonStream<WireWatchResponse>(request, aged, AbortSignal.any([signal, controller.signal]))
  } finally {
    clearTimeout(missing)
  }
}

function cursorOf(cursors: readonly WatchCursor[], { watch_id }: WireWatchResponse): WatchCursor {
  // A watch that is refused has the id -1, whichever it is.
  const index = cursors.length === 1 ? 0 : Math.max(0, Number(watch_id ?? '1') - 1)
  return (cursors[index] ?? cursors[0]) as WatchCursor
}

/** What all of the watches have seen. */
function progressOf(cursors: readonly WatchCursor[], item: WatchItem & { readonly type: 'progress' }): WatchItem {
  return { ...item, revision: Math.min(...cursors.map(({ next }) => next - 1)) }
}
