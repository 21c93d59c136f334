import { DeadlineError, isEtcdError } from '../../errors.ts'
import type { ServiceInstance } from '../../instance/index.ts'
import { neverSent } from '../../never-sent.ts'
import { startScope } from './abort-scope.ts'
import { readRetryAfter } from './retry-after.ts'
import { isInvalid, isRepeatable, type ServiceCall } from './service-call.ts'

/** An instance that was picked for an attempt, and what its balancer wants to know of it. */
export interface Target {
  readonly instance: ServiceInstance
  /** It is at fault. */
  failed(): void
  /** The attempt is over. */
  released(): void
}

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

export interface Attempt {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  /** Nobody waits for it any more: what is under way is aborted, an answer that comes nevertheless is not read. */
  abandon(): void
}

/** Statuses with which a gateway, or a server that cannot serve now, answers (RFC 9110, sections 15.6.3 to 15.6.5). */
const unavailable: readonly number[] = [502, 503, 504]

/** @param hedged whether it may be abandoned. */
export function startAttempt(call: ServiceCall, target: Target, hedged: boolean): Attempt {
  const { request, rules } = call
  const { perAttemptTimeoutMs, fetch } = rules
  const url = urlAt(target.instance, request.url)
  const scope = startScope(call.scope.signal, {
    timeoutMs: perAttemptTimeoutMs,
    onTimeout: () => tooSlow(call.service, url, perAttemptTimeoutMs),
    abortable: hedged,
  })
  let abandoned = false

  const answered = (response: Response): Outcome => {
    if (!unavailable.includes(response.status)) return { target, response, mayRetry: false }
    if (!abandoned) target.failed()
    return { target, response, mayRetry: isRepeatable(call), retryAfterMs: readRetryAfter(response.headers) }
  }

  const failed = (error: unknown): Outcome => {
    if (abandoned) return { target, error, mayRetry: false }
    if (call.scope.signal?.aborted) {
      // Out of time with nobody to say how much is due to one attempt: then this one has had it.
      if (!request.signal?.aborted && perAttemptTimeoutMs === undefined) target.failed()
      return { target, error, mayRetry: false }
    }
    if (scope.signal?.aborted) {
      target.failed()
      return { target, error: scope.signal.reason, mayRetry: isRepeatable(call) }
    }
    // The caller's mistake is no instance's fault.
    if (isInvalid(request, url)) return { target, error, mayRetry: false }
    target.failed()
    const unsent = isEtcdError(error) ? error.notExecuted : neverSent(error)
    return { target, error, mayRetry: (unsent && request.body !== 'once') || isRepeatable(call) }
  }

  const run = async (): Promise<Outcome> => {
    try {
      return answered(await fetch(url, withSignal(request.init, scope.signal)))
    } catch (error) {
      return failed(error)
    } finally {
      scope.settle()
      target.released()
    }
  }

  const outcome = run()
  return {
    outcome,
    abandon() {
      abandoned = true
      scope.abort(new DOMException('another instance has answered', 'AbortError'))
      outcome.then(discard)
    },
  }
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

function tooSlow(service: string, url: string, ms: number | undefined): DeadlineError {
  const { origin } = new URL(url)
  return new DeadlineError(`"${service}": no answer from ${origin} within ${ms} ms`, { endpoint: origin })
}
