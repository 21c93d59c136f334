import { vi } from 'vitest'

/**
 * Waits until `check` passes, looking every 20 ms, and gives what it gives. It waits for as long as a machine may be busy
 * with something else: how long a thing takes is not what such a test is about.
 */
export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 60_000, interval: 20 })
}
