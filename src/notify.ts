/**
 * Tells a listener of the user's. What it throws is its own affair: it is reported as uncaught, and neither the caller nor
 * the other listeners are harmed.
 */
export function notify<Event>(listener: ((event: Event) => void) | undefined, event: Event): void {
  try {
    listener?.(event)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
