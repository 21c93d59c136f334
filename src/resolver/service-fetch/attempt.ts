import { DeadlineError, isEtcdError } from '../../errors.ts'
import type { ServiceInstance } from '../../instance/index.ts'
import { neverSent } from '../../never-sent.ts'
import { type AbortScope, startScope } from './abort-scope.ts'
import { readRetryAfter } from './retry-after.ts'
import { isInvalid, isRepeatable, type ServiceCall } from './service-call.ts'
import type { Target } from './target.ts'

/** What became of an attempt: an answer, or what it failed with. */
export interface Outcome {
  readonly target: Target
  readonly response?: Response
  readonly error?: unknown
  /** Whether the request may be sent again. */
  readonly mayRetry: boolean
  /** How long the instance wants to be left alone, when it has said so. */
  readonly retryAfterMs?: number | undefined
}

/** The reason of whoever ends an attempt because nobody waits for it any more. */
export const abandonment: DOMException = new DOMException('another instance has answered', 'AbortError')

/** Statuses with which a gateway, or a server that cannot serve now, answers (RFC 9110, sections 15.6.3 to 15.6.5). */
const unavailable: readonly number[] = [502, 503, 504]

/** Sends a request to an instance. Never rejects. */
export async function attempt(call: ServiceCall, target: Target, scope?: AbortScope): Promise<Outcome> {
  const { request, rules } = call
  const { fetch } = rules
  const url = urlAt(target.instance, request.url)
  const own = scope ?? startAttemptScope(call, target)
  try {
    const response = await fetch(url, withSignal(request.init, own === undefined ? call.signal : own.signal))
    if (!unavailable.includes(response.status)) return { target, response, mayRetry: false }
    if (own?.signal?.reason !== abandonment) target.failed()
    return { target, response, mayRetry: isRepeatable(call), retryAfterMs: readRetryAfter(response.headers) }
  } catch (error) {
    return failed(call, target, url, error, own?.signal)
  } finally {
    own?.settle()
    target.released()
  }
}

/** Its own time, and a way to abandon it; undefined when it needs neither. */
export function startAttemptScope(call: ServiceCall, { instance }: Target, abortable = false): AbortScope | undefined {
  const { perAttemptTimeoutMs } = call.rules
  if (perAttemptTimeoutMs === undefined && !abortable) return undefined
  const onTimeout = () => {
    const { origin } = new URL(urlAt(instance, call.request.url))
    const message = `"${call.service}": no answer from ${origin} within ${perAttemptTimeoutMs} ms`
    return new DeadlineError(message, { endpoint: origin })
  }
  return startScope(call.signal, perAttemptTimeoutMs, onTimeout)
}

function failed(call: ServiceCall, target: Target, url: string, error: unknown, own: AbortSignal | undefined): Outcome {
  const { request, rules, signal } = call
  const final = { target, error, mayRetry: false }
  if (own?.reason === abandonment) return final
  if (signal?.aborted) {
    // Out of time, with nothing to say how much is due to one attempt: then this one has had it.
    if (!request.signal?.aborted && rules.perAttemptTimeoutMs === undefined) target.failed()
    return final
  }
  // The caller's mistake is no instance's fault.
  if (!own?.aborted && isInvalid(request, url)) return final
  target.failed()
  if (own?.aborted) return { target, error: own.reason, mayRetry: isRepeatable(call) }
  const unsent = isEtcdError(error) ? error.notExecuted : neverSent(error)
  return { target, error, mayRetry: (unsent && request.body !== 'once') || isRepeatable(call) }
}

/** Lets go of an answer that nobody will read, and of its connection. */
export function discard({ response }: Pick<Outcome, 'response'>): void {
  response?.body?.cancel().catch(() => {})
}

export function withSignal(init: RequestInit, signal: AbortSignal | undefined): RequestInit {
  return signal === undefined ? init : { ...init, signal }
}

/** A scheme that is not HTTP's (`tcp`, as Kitex writes it) says nothing of how to call. */
export function urlAt({ scheme, address }: ServiceInstance, { protocol, pathname, search }: URL): string {
  const own = scheme === 'http' || scheme === 'https' ? `${scheme}:` : protocol
  return `${own}//${address}${pathname}${search}`
}
