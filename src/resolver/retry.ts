import { checkMs } from '../check-ms.ts'
import type { Endpoint } from './endpoint.ts'
import { callWithRetry } from './retried-call.ts'

/** What `retry` wants of a balancer: every balancer over an endpointer has it, and a function of your own may. */
export interface EndpointBalancer<Input, Output> {
  pick(): Endpoint<Input, Output>
  /** Told when the attempt with what was picked is over. */
  release?(picked: Endpoint<Input, Output>): void
}

/** Whether to go on after an attempt that failed, and which error to end with instead of the attempt's own. */
export interface RetryDecision {
  readonly keepTrying: boolean
  readonly replacement?: unknown
}

/** Told of each attempt that failed: its number, from 1 on, and the error as it was. go-kit's `lb.Callback`. */
export type RetryCallback = (attempt: number, error: unknown) => RetryDecision

/** An endpoint that tries several; it may be called without options, and be wrapped as any other. */
export type RetryingEndpoint<Input, Output> = (
  input: Input,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<Output>

/**
 * An endpoint that asks the balancer for one and calls it, until one succeeds, `max` have failed, or `timeoutMs` are over.
 * There is no delay between attempts, and the same endpoint may be asked twice: that is the balancer's choice. All attempts
 * have one signal; an attempt that is under way when time is up is left to it. What fails is not reported to the balancer:
 * whether it was the instance's fault is for the endpoint to say.
 *
 * Source: go-kit `sd/lb/retry.go`.
 *
 * @param max how many attempts there are in all: an integer of 1 or more.
 * @param timeoutMs for all of them together.
 * @throws RangeError for `max` and `timeoutMs`, TypeError for `balancer`; each call rejects with RetryError, DeadlineError, or
 * the caller's abort reason unchanged.
 */
export function retry<Input, Output>(
  max: number,
  timeoutMs: number,
  balancer: EndpointBalancer<Input, Output>,
): RetryingEndpoint<Input, Output> {
  if (!Number.isSafeInteger(max) || max < 1) throw new RangeError(`max must be an integer of 1 or more, got ${max}`)
  return retryWithCallback(timeoutMs, balancer, (attempt) => ({ keepTrying: attempt < max }))
}

/**
 * As {@link retry}, with a callback that decides after each attempt that failed whether there is another. Its replacement is
 * what `RetryError.final` is when it ends the call, and nothing when it does not. Without a callback it goes on until time
 * is up.
 *
 * Source: go-kit `sd/lb/retry.go`.
 *
 * @throws RangeError for `timeoutMs`, TypeError for `balancer` and `callback`; each call rejects with RetryError, DeadlineError,
 * the caller's abort reason unchanged, or what the callback throws.
 */
export function retryWithCallback<Input, Output>(
  timeoutMs: number,
  balancer: EndpointBalancer<Input, Output>,
  callback: RetryCallback = goOn,
): RetryingEndpoint<Input, Output> {
  checkMs(timeoutMs, 'timeoutMs')
  if (typeof balancer?.pick !== 'function') throw new TypeError('balancer must have pick()')
  if (typeof callback !== 'function') throw new TypeError('callback must be a function')
  const settings = { timeoutMs, balancer, callback }
  return (input, options) => callWithRetry(settings, input, options?.signal)
}

const goOn: RetryCallback = () => ({ keepTrying: true })
