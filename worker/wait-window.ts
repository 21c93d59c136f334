/** The time for which one request waits. It ends at its deadline or when the client leaves, and everything in it as well. */
export interface WaitWindow {
  /** Aborted when the window ends. */
  readonly signal: AbortSignal
  /** Whether the window ended because its time was up. */
  readonly isOver: boolean
  /** @throws the reason of the end when the window ends before. */
  pause(ms: number): Promise<void>
  /** Resolves when time is up. @throws the client's reason when it leaves before. */
  over(): Promise<void>
  /** Frees the timer and the listener. Called on every path. */
  close(): void
}

export function openWaitWindow(waitMs: number, client: AbortSignal): WaitWindow {
  const controller = new AbortController()
  const { signal } = controller
  let isOver = false
  const onLeave = () => controller.abort(client.reason)
  if (client.aborted) onLeave()
  else client.addEventListener('abort', onLeave, { once: true })
  const timer = setTimeout(() => {
    isOver = true
    controller.abort(new DOMException('The time to wait is over', 'TimeoutError'))
  }, waitMs)
  const close = () => {
    clearTimeout(timer)
    client.removeEventListener('abort', onLeave)
  }
  return {
    signal,
    get isOver() {
      return isOver
    },
    pause: (ms) => pause(ms, signal),
    async over() {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      if (!isOver) throw signal.reason
    },
    close,
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onEnd = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onEnd)
      resolve()
    }, ms)
    signal.addEventListener('abort', onEnd, { once: true })
  })
}
