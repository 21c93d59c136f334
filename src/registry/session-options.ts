import { checkMs } from '../check-ms.ts'
import { checkOnConflict, type OnConflict } from './claim-key.ts'
import { checkTtl } from './registrar.ts'
import type { Registration } from './registration.ts'

export interface SessionOptions {
  /** Between two keep-alives; moved by up to a tenth either way. @default a third of the TTL that etcd granted */
  readonly heartbeatMs?: number
  /** The lease to ask for. @default the registrar's */
  readonly ttlSeconds?: number
  /** When the key is somebody else's at the start. With `fail` it is terminal later as well. @default "takeover" */
  readonly onConflict?: OnConflict
  /**
   * Asked before each heartbeat. While it answers false, throws, or takes as long as a keep-alive may, no heartbeat is sent
   * and nothing is registered again: etcd drops the instance when its TTL is over. Its signal is aborted when it is late and
   * when the session closes, which does not wait for it.
   */
  readonly healthCheck?: (signal: AbortSignal) => boolean | Promise<boolean>
  /**
   * How many attempts in a row may fail before the session is given up, in state `failed`; Kitex's `MaxAttemptTimes`, whose
   * default is 5. A lease that is gone and a key that is somebody else's are answers, not failures. @default 0: for ever
   */
  readonly maxAttempts?: number
  /**
   * The longest time between two looks at the key; Kitex's `ObserveDelay`.
   * @default the TTL, at most 30000; with `maxAttempts` 30000, as in Kitex
   */
  readonly observeDelayMs?: number
  /**
   * Between two attempts that fail, but no longer than a heartbeat while the lease may be saved; Kitex's `RetryDelay`.
   * @default growing and random, at most 2000; with `maxAttempts` 10000, as in Kitex
   */
  readonly retryDelayMs?: number
  /** For how long the instance is `draining` before `close()` deregisters it. @default 0 */
  readonly drainDelayMs?: number
  /** Ends the session, as `close()` does; while it is still starting, the start rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** For each call to etcd. @default the client's; for a keep-alive a third of the TTL, between 500 and 3000 */
  readonly timeoutMs?: number
}

export interface KeepRegisteredOptions extends SessionOptions {
  /** What the process before this one had registered. */
  readonly previous?: Registration
}

/** The longest time that a timer waits for. */
export const longestMs: number = 2 ** 31 - 1

type WithDefault = 'ttlSeconds' | 'onConflict' | 'maxAttempts' | 'drainDelayMs'
type WithoutDefault = 'heartbeatMs' | 'timeoutMs' | 'healthCheck' | 'signal'

/** Options with their defaults, and checked. */
export interface SessionSettings
  extends Required<Pick<SessionOptions, WithDefault>>,
    Pick<SessionOptions, WithoutDefault> {
  readonly observeDelayMs: number | undefined
  readonly retryDelayMs: number | undefined
}

/** @throws RangeError or TypeError naming the option. */
export function readSessionOptions(options: SessionOptions, presetTtlSeconds: number): SessionSettings {
  const { onConflict = 'takeover', maxAttempts = 0, drainDelayMs = 0, healthCheck } = options
  const ttlSeconds = checkTtl(options.ttlSeconds ?? presetTtlSeconds)
  checkHeartbeat(options.heartbeatMs, ttlSeconds)
  checkOnConflict(onConflict)
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 0) {
    throw new RangeError(`maxAttempts must be an integer of 0 or more, got ${maxAttempts}`)
  }
  if (healthCheck !== undefined && typeof healthCheck !== 'function') {
    throw new TypeError('healthCheck must be a function')
  }
  const kitex = maxAttempts > 0
  const observeDelayMs = options.observeDelayMs ?? (kitex ? 30_000 : undefined)
  const retryDelayMs = options.retryDelayMs ?? (kitex ? 10_000 : undefined)
  for (const [option, value] of Object.entries({ observeDelayMs, retryDelayMs, timeoutMs: options.timeoutMs })) {
    if (value !== undefined) checkMs(value, option)
  }
  checkMs(drainDelayMs, 'drainDelayMs', 0)
  return { ...options, observeDelayMs, retryDelayMs, ttlSeconds, onConflict, maxAttempts, drainDelayMs }
}

function checkHeartbeat(heartbeatMs: number | undefined, ttlSeconds: number): void {
  if (heartbeatMs === undefined) return
  const most = Math.min(longestMs, ttlSeconds * 500)
  if (!Number.isFinite(heartbeatMs) || heartbeatMs < 1 || heartbeatMs > most) {
    throw new RangeError(
      `heartbeatMs must be from 1 to ${most}, so that two beats fit into the TTL, got ${heartbeatMs}`,
    )
  }
}
