/** What every network method takes, with its own options. */
export interface CallOptions {
  /** Aborts the call; it then rejects with the signal's own reason, unchanged. */
  readonly signal?: AbortSignal | undefined
  /** For the whole call, attempts on several endpoints included. @default the client's `timeoutMs` (3000) */
  readonly timeoutMs?: number | undefined
}

export interface Deadline {
  /** Aborted by the caller's abort or when time is up; its reason is what the call must reject with. */
  readonly signal: AbortSignal
  /** Frees the timer and the listener. Called on every path. */
  end(): void
}

/**
 * One signal for "the caller gave up" and "time is up". The caller's own signal is never handed to `fetch`: its listeners
 * would outlive the call, and aborting a stream in mid-body crashes or hangs in several runtimes.
 */
export function startDeadline(timeoutMs: number, onTimeout: () => unknown, signal?: AbortSignal): Deadline {
  const controller = new AbortController()
  const onAbort = () => controller.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(() => controller.abort(onTimeout()), timeoutMs)
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}
