import { DeadlineError, EtcdError, ProtocolError, UnavailableError } from '../errors.ts'
import type { Call } from './calls.ts'
import { startDeadline } from './deadline.ts'
import type { Endpoint, EndpointPool } from './endpoints.ts'
import { observeRetry } from './observed-attempt.ts'
import type { EtcdObserver } from './observer.ts'

export interface RepeatOptions {
  readonly pool: EndpointPool
  readonly observer: EtcdObserver
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Whether the call may be sent again after a failure that leaves open whether it ran. */
  readonly repeatable: boolean
}

export interface Attempt {
  readonly endpoint: Endpoint
  /** 1 for the first. */
  readonly attempt: number
  readonly signal: AbortSignal
}

/** One call, at one endpoint after the other while that may help and the deadline allows. */
export async function repeatCall(
  call: Call,
  { pool, observer, timeoutMs, signal, repeatable }: RepeatOptions,
  send: (attempt: Attempt) => Promise<unknown>,
): Promise<unknown> {
  // The only endpoint gets a second chance as well: a pooled connection may have been closed by the other side.
  const most = Math.max(2, pool.size)
  const endsAt = performance.now() + timeoutMs
  const tried = new Set<Endpoint>()
  let endpoint = pool.pick()
  const late = (ms: number) => () => noAnswer(call, endpoint, Math.round(ms))
  const deadline = startDeadline(timeoutMs, late(timeoutMs), signal)
  /** One endpoint that never answers must leave time for the others. */
  const startShare = (others: number) => {
    const shareMs = Math.max(1, (endsAt - performance.now()) / (others + 1))
    return startDeadline(shareMs, late(shareMs), deadline.signal)
  }
  try {
    for (let attempt = 1; ; attempt++) {
      tried.add(endpoint)
      const others = repeatable ? pool.size - tried.size : 0
      const share = others > 0 ? startShare(others) : undefined
      try {
        const answer = await send({ endpoint, attempt, signal: (share ?? deadline).signal })
        pool.succeeded(endpoint)
        return answer
      } catch (error) {
        if (isFault(error, call)) pool.failed(endpoint)
        if (!mayRepeat(error, repeatable) || attempt >= most || deadline.signal.aborted) throw error
        observeRetry(observer, { call, endpoint, attempt }, error)
        endpoint = pool.pick(tried)
      } finally {
        share?.end()
      }
    }
  } finally {
    deadline.end()
  }
}

const mayRepeat = (error: unknown, repeatable: boolean): error is EtcdError =>
  error instanceof EtcdError && (error.notExecuted || (repeatable && error.retryable))

/** Whether the endpoint is at fault, and not the call. A call that waits for others by nature is late through no fault of etcd's. */
export function isFault(error: unknown, call: Call): boolean {
  if (error instanceof DeadlineError) return !call.waits
  return error instanceof UnavailableError || (error instanceof ProtocolError && error.retryable)
}

function noAnswer(call: Call, { origin }: Endpoint, ms: number): DeadlineError {
  return new DeadlineError(`${call.path}: no answer from ${origin} within ${ms} ms`, { endpoint: origin })
}
