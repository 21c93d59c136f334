/** Jittered delays between attempts, and the sleep that waits for them. */

export interface BackoffOptions {
  /** The longest first delay. @default 100 */
  readonly baseMs?: number
  /** The longest delay of all. @default 2000 */
  readonly maxMs?: number
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number
}

export interface Backoff {
  /** How long to wait before the next attempt, in milliseconds: each call doubles the range, up to `maxMs`. */
  next(): number
  /** Start over: the last attempt was healthy. */
  reset(): void
}

/**
 * Exponential backoff in which the upper half of each delay is random. A fleet that lost etcd at the same moment spreads
 * out, and yet no delay is near zero, so a server that accepts and drops connections cannot spin a client.
 */
export function createBackoff(options: BackoffOptions = {}): Backoff {
  const { baseMs = 100, maxMs = 2000, random = Math.random } = options
  let attempt = 0
  return {
    next() {
      const ceiling = Math.min(maxMs, baseMs * 2 ** attempt)
      if (ceiling < maxMs) attempt += 1
      return ceiling / 2 + (random() * ceiling) / 2
    },
    reset() {
      attempt = 0
    },
  }
}

/** `ms` moved by at most `share` of itself in either direction, so that timers of many processes do not beat together. */
export function jitter(ms: number, share = 0.1, random: () => number = Math.random): number {
  return ms * (1 + share * (2 * random() - 1))
}

/** Resolves after `ms`; rejects with the signal's own reason as soon as it is aborted. Leaves no timer and no listener. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
