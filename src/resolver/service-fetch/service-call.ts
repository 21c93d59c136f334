import type { ServiceFetchRules } from './options.ts'
import type { OutgoingRequest } from './outgoing-request.ts'

/** One request to one service, and what holds for all its attempts. */
export interface ServiceCall {
  readonly service: string
  readonly request: OutgoingRequest
  readonly rules: ServiceFetchRules
  /** Ends the call: the caller's abort, or `timeoutMs`. Undefined when nothing can. */
  readonly signal: AbortSignal | undefined
  /** When there is no time left, by the monotonic clock. */
  readonly endsAt: number
}

/**
 * Whether sending it twice does no more than sending it once: by its method, or because it has an idempotency key, as
 * Go's `net/http` has it (`transport.go`, `isReplayable`).
 */
export function isRepeatable({ request, rules }: ServiceCall): boolean {
  if (request.body === 'once') return false
  if (rules.repeatableMethods.has(request.method)) return true
  const headers = new Headers(request.init.headers)
  return headers.has('idempotency-key') || headers.has('x-idempotency-key')
}

/** Whether no `fetch` would send it: found out after a failure, because it takes about as long as the rest of a call. */
export function isInvalid({ method, init, body }: OutgoingRequest, url: string): boolean {
  if (body !== 'none' && (method === 'GET' || method === 'HEAD')) return true
  try {
    return new Request(url, { ...init, body: null }).url === ''
  } catch {
    return true
  }
}
