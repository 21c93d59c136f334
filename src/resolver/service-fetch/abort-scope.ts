/** A stretch of work that ends when its parent's does, when its time is up, or when it is cut short. */
export interface AbortScope {
  /** Its reason is what the work must reject with. */
  readonly signal: AbortSignal
  abort(reason: unknown): void
  /** Frees the timer. The parent's abort still reaches the signal: whoever reads a body by it can be stopped. */
  settle(): void
}

/**
 * @param timeoutMs none when undefined.
 * @param onTimeout makes the reason when time is up.
 */
export function startScope(
  parent: AbortSignal | undefined,
  timeoutMs: number | undefined,
  onTimeout: () => unknown,
): AbortScope {
  const own = new AbortController()
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => own.abort(onTimeout()), timeoutMs)
  return {
    // `any` holds on to nothing of a parent that lives for ever; a listener of ours would have to outlive the call.
    signal: parent === undefined ? own.signal : AbortSignal.any([parent, own.signal]),
    abort: (reason) => own.abort(reason),
    settle: () => clearTimeout(timer),
  }
}
