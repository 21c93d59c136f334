import { WholeResponse } from './whole-response.ts'

/** What undici 7 gives a handler to steer its request with. */
export interface RequestController {
  abort(reason: Error): void
  pause(): void
  resume(): void
}

type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>

/** Chunks that wait for the reader of a body before the connection is paused. */
const maxWaiting = 16

/**
 * One request and its answer, as a handler of undici's `dispatch` that makes a `Response`. An answer that arrives in one
 * piece, as nearly all of etcd's do, becomes one with its whole body, which costs a fraction of a stream.
 */
export class Exchange {
  readonly response: Promise<Response>
  readonly #signal: AbortSignal | undefined
  readonly #explain: (failure: unknown) => unknown
  #resolve: (response: Response) => void = () => {}
  #reject: (reason: unknown) => void = () => {}
  #controller: RequestController | undefined
  /** The chunks before it is known whether there will be a stream. */
  #chunks: Uint8Array[] = []
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  #isOver = false

  constructor(signal: AbortSignal | undefined, explain: (failure: unknown) => unknown) {
    this.#signal = signal
    this.#explain = explain
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    signal?.addEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => {
    this.#fail(this.#signal?.reason)
    this.#controller?.abort(stopped())
  }

  onRequestStart(controller: RequestController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(stopped())
  }

  onResponseStart(controller: RequestController, status: number, headers: HeaderValues): void {
    if (status < 200 || this.#isOver) return
    // All that came in the same piece is told before this.
    queueMicrotask(() => this.#answer(controller, status, headers))
  }

  onResponseData(controller: RequestController, chunk: Uint8Array): void {
    if (this.#body === undefined) {
      this.#chunks.push(chunk)
      return
    }
    if (this.#isOver) return
    this.#body.enqueue(chunk)
    if ((this.#body.desiredSize ?? 0) <= 0) controller.pause()
  }

  onResponseEnd(): void {
    if (!this.#end()) return
    this.#body?.close()
  }

  onResponseError(_controller: RequestController, failure: Error): void {
    this.#fail(this.#explain(failure))
  }

  #answer(controller: RequestController, status: number, headers: HeaderValues): void {
    const init = { status, headers: pairs(headers) }
    const isWhole = this.#isOver
    this.#resolve(
      isWhole ? new WholeResponse({ ...init, chunks: this.#chunks }) : new Response(this.#stream(controller), init),
    )
    this.#chunks = []
  }

  #stream(controller: RequestController): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (body) => {
          this.#body = body
          for (const chunk of this.#chunks) body.enqueue(chunk)
        },
        pull: () => controller.resume(),
        cancel: () => {
          if (this.#end()) controller.abort(stopped())
        },
      },
      { highWaterMark: maxWaiting },
    )
  }

  /** Whether this is the first end. */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    return true
  }

  #fail(reason: unknown): void {
    if (!this.#end()) return
    this.#reject(reason)
    this.#body?.error(reason)
  }
}

const stopped = (): Error => new Error('the request was given up')

function pairs(headers: HeaderValues): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  )
}
