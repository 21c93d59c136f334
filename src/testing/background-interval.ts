export type BackgroundInterval = ReturnType<typeof setInterval>

/** `setInterval` that keeps no program running: Node's and Bun's timers are objects with `unref`, the others numbers. */
export function startBackgroundInterval(callback: () => void, ms: number): BackgroundInterval {
  const timer = setInterval(callback, ms)
  const handle: { unref?: () => void } = Object(timer)
  handle.unref?.()
  return timer
}
