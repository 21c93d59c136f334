/** A stretch of work that ends when its parent's does, when its time is up, or when it is cut short. */
export interface AbortScope {
  /** Undefined when nothing can end it. Its reason is what the work must reject with. */
  readonly signal: AbortSignal | undefined
  abort(reason: unknown): void
  /** Frees the timer. The parent's abort still reaches the signal: whoever reads a body by it can be stopped. */
  settle(): void
}

export interface AbortScopeOptions {
  /** None when undefined. */
  readonly timeoutMs?: number | undefined
  /** Makes the reason when time is up. */
  readonly onTimeout: () => unknown
  /** Whether `abort` will be needed. Without it and without a time the parent's own signal serves, which costs nothing. */
  readonly abortable?: boolean
}

export function startScope(
  parent: AbortSignal | undefined,
  { timeoutMs, onTimeout, abortable = false }: AbortScopeOptions,
): AbortScope {
  if (timeoutMs === undefined && !abortable) return { signal: parent, abort: nothing, settle: nothing }
  const own = new AbortController()
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => own.abort(onTimeout()), timeoutMs)
  return {
    // `any` holds on to nothing of a parent that lives for ever; a listener of ours would have to outlive the call.
    signal: parent === undefined ? own.signal : AbortSignal.any([parent, own.signal]),
    abort: (reason) => own.abort(reason),
    settle: () => clearTimeout(timer),
  }
}

const nothing = () => {}
