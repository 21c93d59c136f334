import { createBackoff, jitter, sleep } from '../backoff.ts'
import { InstanceConflictError, LeaseNotFoundError } from '../errors.ts'
import type { InstanceInput } from '../instance/index.ts'
import type { OnConflict } from './claim-key.ts'
import { underItsName } from './input-name.ts'
import type { Registrar } from './registrar.ts'
import type { StatusBoard } from './session-status.ts'

export interface SessionLoopOptions {
  readonly ttlSeconds: number
  readonly heartbeatMs: number | undefined
  readonly timeoutMs: number | undefined
  readonly onConflict: OnConflict
  readonly signal: AbortSignal
}

/** The longest delay between attempts while etcd is away, so that an instance is back soon after etcd is. */
const retryMaxMs = 2000
/** The key is looked at at least once a TTL, and at least this often. */
const longestLookMs = 30_000

interface Next {
  /** Whether the lease may still be alive: then it is tried before a new one is taken. */
  readonly held: boolean
  readonly waitMs: number
}

/**
 * Beats until the signal is aborted: one thing at a time, each waiting for the one before.
 * @throws the signal's reason; InstanceConflictError with `onConflict: 'fail'`.
 */
export async function runSessionLoop(
  registrar: Registrar,
  instance: InstanceInput,
  board: StatusBoard,
  options: SessionLoopOptions,
): Promise<never> {
  const { ttlSeconds, heartbeatMs, timeoutMs, onConflict, signal } = options
  const call = { signal, timeoutMs }
  const backoff = createBackoff({ maxMs: retryMaxMs })
  let okAt = performance.now()
  let lookedAt = okAt

  const current = () => board.status().registration
  const ttlMs = () => current().ttlSeconds * 1000
  const beatMs = () => heartbeatMs ?? ttlMs() / 3

  const beat = async (): Promise<void> => {
    const sentAt = performance.now()
    const troubled = board.status().lastError !== undefined
    const patienceMs = Math.min(3000, Math.max(500, ttlMs() / 3))
    let registration = await registrar.renew(current(), { ...call, timeoutMs: timeoutMs ?? patienceMs })
    const lookEveryMs = Math.min(ttlMs(), longestLookMs)
    if (troubled || sentAt - lookedAt + beatMs() * 1.1 > lookEveryMs) {
      registration = await registrar.verify(registration, call)
      lookedAt = sentAt
    }
    okAt = sentAt
    board.well(registration)
  }

  const registerAgain = async (): Promise<void> => {
    board.retry()
    const named = underItsName(instance, current(), registrar.format)
    const again = (conflict: OnConflict) => registrar.register(named, { ...call, ttlSeconds, onConflict: conflict })
    const registration = await again('fail').catch((error: unknown) => {
      // Under no lease: a leftover, or put by hand. Nobody beats for it.
      if (error instanceof InstanceConflictError && error.leaseId === '0') return again('takeover')
      throw error
    })
    okAt = lookedAt = performance.now()
    board.well(registration)
  }

  const superseded = async (error: InstanceConflictError, held: boolean): Promise<Next> => {
    board.trouble(error, onConflict === 'fail' ? 'failed' : 'lost')
    // Our lease holds nothing any more.
    if (held) await registrar.deregister(current(), call).catch(() => {})
    if (onConflict === 'fail') throw error
    return { held: false, waitMs: jitter(beatMs()) }
  }

  const attempt = async (held: boolean): Promise<Next> => {
    try {
      await (held ? beat() : registerAgain())
      backoff.reset()
      return { held: true, waitMs: jitter(beatMs()) }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof InstanceConflictError) return superseded(error, held)
      const gone = held && error instanceof LeaseNotFoundError
      const expired = performance.now() - okAt > ttlMs()
      board.trouble(error, gone || expired || !held ? 'lost' : undefined)
      // Nothing to wait for: etcd has just answered.
      if (gone) return attempt(false)
      return { held, waitMs: Math.min(beatMs(), backoff.next()) }
    }
  }

  let next: Next = { held: true, waitMs: jitter(beatMs()) }
  for (;;) {
    await sleep(next.waitMs, signal)
    next = await attempt(next.held)
  }
}
