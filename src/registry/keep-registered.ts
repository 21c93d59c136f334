import type { CallOptions } from '../http-client/index.ts'
import type { InstanceInput } from '../instance/index.ts'
import type { OnConflict } from './claim-key.ts'
import type { Registrar } from './registrar.ts'
import type { Registration } from './registration.ts'
import { runSessionLoop } from './session-loop.ts'
import { createStatusBoard, type SessionListener, type SessionStatus } from './session-status.ts'

export interface KeepRegisteredOptions {
  /** Between two keep-alives; moved by up to a tenth either way. @default a third of the TTL that etcd granted */
  readonly heartbeatMs?: number
  /** The lease to ask for. @default the registrar's */
  readonly ttlSeconds?: number
  /** When the key is somebody else's at the start. With `fail` it is terminal later as well. @default "takeover" */
  readonly onConflict?: OnConflict
  /** What the process before this one had registered. */
  readonly previous?: Registration
  /** Ends the session, as `close()` does; while it is still starting, the start rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** For each call to etcd. @default the client's; for a keep-alive a third of the TTL, between 500 and 3000 */
  readonly timeoutMs?: number
}

/** A registration that is kept alive. */
export interface RegistrationSession extends AsyncDisposable {
  status(): SessionStatus
  /** Told of every change of state and of every attempt that fails. Returns how to stop being told. */
  subscribe(listener: SessionListener): () => void
  /** Settles when the session has ended: resolves after `close()`, rejects when it was given up. */
  readonly closed: Promise<void>
  /**
   * Stops the heartbeat, waits for the one in flight, revokes the lease. Safe to repeat. It rejects when etcd could not be
   * told; the session is closed all the same, and the instance disappears when its TTL is over.
   */
  close(options?: CallOptions): Promise<void>
}

/**
 * Registers an instance and keeps it registered until the session is closed: whatever happens to etcd, the network or the
 * lease, for as long as it takes, with attempts at most 2 s apart.
 *
 * After an outage the old lease is tried first, for a restarted etcd still has it and nothing needs to be written; only a
 * lease that is surely gone is replaced, by one grant and one put. That the key is there, under our lease and with our value,
 * is looked at at least once a TTL and every 30 s. A key that another process has taken meanwhile is left to it, and taken
 * back when it falls free.
 *
 * @throws RangeError when fewer than two heartbeats fit into the TTL; and, when the first registration fails, what
 * {@link Registrar.register} throws.
 */
export async function keepRegistered(
  registrar: Registrar,
  instance: InstanceInput,
  options: KeepRegisteredOptions = {},
): Promise<RegistrationSession> {
  const { signal, timeoutMs, heartbeatMs, previous, onConflict = 'takeover' } = options
  const ttlSeconds = options.ttlSeconds ?? registrar.ttlSeconds
  checkHeartbeat(heartbeatMs, ttlSeconds)
  const first = await registrar.register(instance, { ttlSeconds, onConflict, previous, signal, timeoutMs })

  const board = createStatusBoard(first)
  const stop = new AbortController()
  const settings = { ttlSeconds, heartbeatMs, timeoutMs, onConflict, signal: stop.signal }
  const loop = runSessionLoop(registrar, instance, board, settings).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  const end = async (callOptions?: CallOptions): Promise<void> => {
    signal?.removeEventListener('abort', onAbort)
    stop.abort()
    const failed = await loop.then(
      () => false,
      () => true,
    )
    if (failed) return
    try {
      await registrar.deregister(board.status().registration, { timeoutMs, ...callOptions })
    } finally {
      board.closed()
    }
  }
  let ending: Promise<void> | undefined
  let markClosed = () => {}
  const closed = new Promise<void>((resolve, reject) => {
    markClosed = resolve
    loop.catch(reject)
  })
  // Whoever never looks at `closed` must not learn of it by the process ending.
  closed.catch(() => {})
  const close = (callOptions?: CallOptions): Promise<void> => {
    ending ??= end(callOptions).finally(markClosed)
    return ending
  }
  const closeQuietly = () => close().catch((error: unknown) => board.trouble(error))
  const onAbort = () => void closeQuietly()
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })

  return { status: board.status, subscribe: board.subscribe, closed, close, [Symbol.asyncDispose]: closeQuietly }
}

function checkHeartbeat(heartbeatMs: number | undefined, ttlSeconds: number): void {
  if (heartbeatMs === undefined) return
  const most = ttlSeconds * 500
  if (!Number.isFinite(heartbeatMs) || heartbeatMs < 1 || heartbeatMs > most) {
    throw new RangeError(
      `heartbeatMs must be from 1 to ${most}, so that two beats fit into the TTL, got ${heartbeatMs}`,
    )
  }
}
