import { DeadlineError } from '../errors.ts'
import type { SessionOptions } from './session-options.ts'

export interface Health {
  readonly healthy: boolean
  /** What the check has thrown; a DeadlineError when it was late. */
  readonly error: unknown
}

/**
 * Asks, and takes silence and exceptions for a no.
 * @param ended Nobody wants to know any more.
 */
export async function askHealth(
  check: SessionOptions['healthCheck'],
  timeoutMs: number,
  ended: AbortSignal,
): Promise<Health> {
  if (check === undefined) return { healthy: true, error: undefined }
  const controller = new AbortController()
  const { signal } = controller
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  const silence = () => controller.abort(new DeadlineError(`healthCheck: no answer within ${timeoutMs} ms`))
  const timer = setTimeout(silence, timeoutMs)
  const cut = () => controller.abort(ended.reason)
  ended.addEventListener('abort', cut, { once: true })
  try {
    return { healthy: Boolean(await Promise.race([check(signal), late])), error: undefined }
  } catch (error) {
    return { healthy: false, error }
  } finally {
    clearTimeout(timer)
    ended.removeEventListener('abort', cut)
  }
}
