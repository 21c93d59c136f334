import { sleep } from '../backoff.ts'
import { checkMs } from '../check-ms.ts'
import { UnavailableError } from '../errors.ts'
import type { CallOptions } from '../http-client/index.ts'
import type { InstanceStatus, ServiceInstance } from '../instance/index.ts'
import type { LeaseGroup } from './lease-group.ts'
import { type SessionLoop, startSessionLoop } from './session-loop.ts'
import type { SessionSettings } from './session-options.ts'
import type { LeaseStatus, SessionListener, ToldBoard } from './session-status.ts'

export interface CloseOptions extends CallOptions {
  /** For how long to be `draining` first. @default the session's `drainDelayMs` */
  readonly drainDelayMs?: number
}

/** What is kept registered under one lease, by a heartbeat. */
export interface LeaseSession<Status extends LeaseStatus> extends AsyncDisposable {
  status(): Status
  /** Told of every change of state, every attempt that fails and the health check's changes. Returns how to stop that. */
  subscribe(listener: SessionListener<Status>): () => void
  /** Settles when the session has ended: resolves after `close()`, rejects when it was given up. */
  readonly closed: Promise<void>
  /**
   * Deregisters. With a drain delay what is registered is `draining` first, for so long, under a heartbeat. Then it stops
   * the heartbeat, waits for the one in flight, revokes the lease: no late answer brings anything back. Safe to repeat.
   *
   * It rejects when etcd could not be told; the session is closed all the same, and what was registered disappears when the
   * TTL is over. `signal` and `timeoutMs` bound the wait for what is in flight, and then the call that revokes; an aborted
   * `signal` ends the drain delay too.
   *
   * @throws RangeError for `drainDelayMs` and `timeoutMs`: the session stays open then.
   */
  close(options?: CloseOptions): Promise<void>
}

/** The part of a session that does not depend on how many instances it has. */
export interface SessionCore<Status extends LeaseStatus> {
  readonly session: LeaseSession<Status>
  /** See {@link SessionLoop.write}. @throws UnavailableError once the session is closing. */
  readonly write: SessionLoop['write']
  /** @throws UnavailableError once the session is closing. */
  readonly assertOpen: () => void
}

export function startSession<Status extends LeaseStatus>(
  group: LeaseGroup,
  board: ToldBoard<Status>,
  settings: SessionSettings,
): SessionCore<Status> {
  const { signal, timeoutMs } = settings
  const calls = new AbortController()
  const loop = startSessionLoop(group, board, settings, calls.signal)

  const drain = async (delayMs: number, hurry: AbortSignal | undefined): Promise<void> => {
    // Nobody calls what is not there.
    if (group.members().every(({ stored }) => stored === undefined)) return
    const members = group.members().map((member) => group.change(member, withStatus(member.instance, 'draining')))
    // The loop goes on trying while we wait.
    await loop.write(members).catch(() => {})
    await sleep(delayMs, hurry)
  }

  const cut = () => {
    loop.stop()
    calls.abort()
  }

  /** Waits for the call in flight, as long as the caller has time. Returns whether the session had been given up. */
  const stop = async (patienceMs: number | undefined): Promise<boolean> => {
    loop.stop()
    const timer = patienceMs === undefined ? undefined : setTimeout(cut, patienceMs)
    try {
      return await loop.done.then(
        () => false,
        () => true,
      )
    } finally {
      clearTimeout(timer)
    }
  }

  const end = async ({ drainDelayMs = settings.drainDelayMs, ...call }: CloseOptions): Promise<void> => {
    signal?.removeEventListener('abort', onAbort)
    const { signal: hurry } = call
    if (hurry?.aborted) cut()
    else hurry?.addEventListener('abort', cut, { once: true })
    try {
      // Whoever is in a hurry goes without.
      if (drainDelayMs > 0) await drain(drainDelayMs, hurry).catch(() => {})
      if (await stop(call.timeoutMs)) return
    } finally {
      hurry?.removeEventListener('abort', cut)
    }
    try {
      await group.release({ timeoutMs, ...call })
    } finally {
      board.closed()
    }
  }

  let ending: Promise<void> | undefined
  let markClosed = () => {}
  const closed = new Promise<void>((resolve, reject) => {
    markClosed = resolve
    loop.done.catch((error: unknown) => {
      signal?.removeEventListener('abort', onAbort)
      reject(error)
    })
  })
  // Whoever never looks at `closed` must not learn of it by the process ending.
  closed.catch(() => {})
  const close = async (options: CloseOptions = {}): Promise<void> => {
    const { drainDelayMs, timeoutMs: patienceMs } = options
    if (drainDelayMs !== undefined) checkMs(drainDelayMs, 'drainDelayMs', 0)
    if (patienceMs !== undefined) checkMs(patienceMs, 'timeoutMs')
    ending ??= end(options).finally(markClosed)
    return ending
  }
  const closeQuietly = () => close().catch((error: unknown) => board.trouble(error))
  const onAbort = () => void closeQuietly()
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })

  const assertOpen = () => {
    if (ending !== undefined) throw new UnavailableError('the session is closed', { retryable: false })
  }
  return {
    session: { status: board.status, subscribe: board.subscribe, closed, close, [Symbol.asyncDispose]: closeQuietly },
    write: loop.write,
    assertOpen,
  }
}

/** The instance with another status; passing is said by saying nothing. */
export function withStatus(instance: ServiceInstance, status: InstanceStatus): ServiceInstance {
  const { status: _, ...rest } = instance
  if (status === 'passing') return rest
  if (status !== 'draining') throw new TypeError('status must be "passing" or "draining"')
  return { ...rest, status }
}
