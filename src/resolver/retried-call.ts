import { DeadlineError, RetryError } from '../errors.ts'
import type { Endpoint, EndpointOptions } from './endpoint.ts'
import type { EndpointBalancer, RetryCallback } from './retry.ts'

export interface RetrySettings<Input, Output> {
  readonly timeoutMs: number
  readonly balancer: EndpointBalancer<Input, Output>
  readonly callback: RetryCallback
}

/** One call, with all its attempts. */
export function callWithRetry<Input, Output>(
  settings: RetrySettings<Input, Output>,
  input: Input,
  signal: AbortSignal | undefined,
): Promise<Output> {
  return new Promise((resolve, reject) => {
    new RetriedCall(settings, input, signal, { resolve, reject }).start()
  })
}

/** After so many attempts timers and I/O have their turn: attempts that fail at once would never let time be up. */
const burst = 32

interface Outcome<Output> {
  readonly resolve: (output: Output) => void
  readonly reject: (error: unknown) => void
}

class RetriedCall<Input, Output> implements EndpointOptions {
  readonly #settings: RetrySettings<Input, Output>
  readonly #input: Input
  readonly #callerSignal: AbortSignal | undefined
  readonly #outcome: Outcome<Output>
  readonly #errors: unknown[] = []
  #deadline: ReturnType<typeof setTimeout> | undefined
  #pause: ReturnType<typeof setTimeout> | undefined
  #controller: AbortController | undefined
  #gaveUp: { readonly reason: unknown } | undefined
  #ended = false

  constructor(
    settings: RetrySettings<Input, Output>,
    input: Input,
    callerSignal: AbortSignal | undefined,
    outcome: Outcome<Output>,
  ) {
    this.#settings = settings
    this.#input = input
    this.#callerSignal = callerSignal
    this.#outcome = outcome
  }

  /** Made when an endpoint asks for it: most of what a call costs would be the controller. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#gaveUp !== undefined) this.#controller.abort(this.#gaveUp.reason)
    return this.#controller.signal
  }

  start(): void {
    if (this.#callerSignal?.aborted) {
      this.#outcome.reject(this.#callerSignal.reason)
      return
    }
    this.#callerSignal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#deadline = setTimeout(this.#onDeadline, this.#settings.timeoutMs)
    this.#attempt()
  }

  #attempt(): void {
    let endpoint: Endpoint<Input, Output> | undefined
    let output: Output | PromiseLike<Output>
    try {
      endpoint = this.#settings.balancer.pick()
      output = endpoint(this.#input, this)
    } catch (error) {
      this.#failed(endpoint, error)
      return
    }
    const asked = endpoint
    if (!isPromiseLike(output)) this.#succeeded(asked, output)
    else {
      output.then(
        (value) => this.#succeeded(asked, value),
        (error) => this.#failed(asked, error),
      )
    }
  }

  #succeeded(endpoint: Endpoint<Input, Output>, output: Output): void {
    this.#settings.balancer.release?.(endpoint)
    if (this.#ended) return
    this.#end()
    this.#outcome.resolve(output)
  }

  /** Without an endpoint it is the balancer that failed; that counts as an attempt. */
  #failed(endpoint: Endpoint<Input, Output> | undefined, error: unknown): void {
    const { balancer, callback } = this.#settings
    if (endpoint !== undefined) balancer.release?.(endpoint)
    if (this.#ended) return
    this.#errors.push(error)
    try {
      const { keepTrying, replacement } = callback(this.#errors.length, error)
      if (!keepTrying) throw new RetryError(this.#errors, replacement ?? error)
    } catch (final) {
      this.#end()
      this.#outcome.reject(final)
      return
    }
    if (this.#errors.length % burst === 0) this.#pause = setTimeout(() => this.#attempt(), 0)
    else this.#attempt()
  }

  readonly #onAbort = (): void => this.#giveUp(this.#callerSignal?.reason)

  readonly #onDeadline = (): void => {
    const [cause] = this.#errors.slice(-1)
    const message = `no attempt succeeded within ${this.#settings.timeoutMs} ms`
    this.#giveUp(new DeadlineError(message, { cause }))
  }

  #giveUp(reason: unknown): void {
    this.#gaveUp = { reason }
    this.#end()
    this.#controller?.abort(reason)
    this.#outcome.reject(reason)
  }

  #end(): void {
    this.#ended = true
    clearTimeout(this.#deadline)
    clearTimeout(this.#pause)
    this.#callerSignal?.removeEventListener('abort', this.#onAbort)
  }
}

function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
