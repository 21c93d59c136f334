import { RpcError } from './rpc-error.ts'

/**
 * One RPC in progress. Its signal aborts when the caller aborts (with the caller's reason), when the deadline passes
 * (with an `RpcError`) or when the simulator closes.
 */
export class Call {
  readonly #controller = new AbortController()
  readonly #caller: AbortSignal
  readonly #deadline: ReturnType<typeof setTimeout> | undefined
  readonly #onEnd: (call: Call) => void
  readonly #follow = (): void => this.abort(this.#caller.reason)

  /** `caller` is not aborted yet; `timeoutMs` undefined is no deadline; `onEnd` hears that the call is over. */
  constructor(caller: AbortSignal, timeoutMs: number | undefined, onEnd: (call: Call) => void) {
    this.#caller = caller
    this.#onEnd = onEnd
    caller.addEventListener('abort', this.#follow)
    if (timeoutMs === undefined) return
    this.#deadline = setTimeout(() => this.abort(new RpcError(4, 'context deadline exceeded')), timeoutMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Nothing aborts the call any more. */
  end(): void {
    clearTimeout(this.#deadline)
    this.#caller.removeEventListener('abort', this.#follow)
    this.#onEnd(this)
  }

  /** The outcome of `work`; the signal's reason if the call is aborted before. */
  async unlessAborted<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this
    signal.throwIfAborted()
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return await Promise.race([work, aborted])
  }
}
