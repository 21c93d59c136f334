import type { Dialect } from './dialect.ts'
import { toResponse } from './http-answer.ts'
import type { MessageSource } from './message-source.ts'
import { RpcError } from './rpc-error.ts'

/**
 * How a call fails: `refused` is a connection that was never made, `reset` one that breaks before etcd sees the call,
 * `answer-lost` one that breaks after etcd has carried it out. `status` is the answer of something that is not etcd, such
 * as a proxy; `grpcCode` an error of etcd's own, in the form of the dialect.
 */
export type SimulatedFailure =
  | 'refused'
  | 'reset'
  | 'answer-lost'
  | { readonly status: number; readonly body?: string }
  | { readonly grpcCode: number; readonly message?: string }

interface Planned {
  /** The path below `/v3/`; absent is any. */
  readonly call: string | undefined
  readonly failure: SimulatedFailure
}

/** What was switched to go wrong, and has not yet. */
export class FaultSwitches {
  #planned: Planned[] = []
  #eventsLeft: number | undefined
  isDown = false

  failNext(call: string | undefined, failure: SimulatedFailure, times: number): void {
    for (let time = 0; time < times; time++) this.#planned.push({ call, failure })
  }

  /** The first that was planned for this call, which is then over. */
  take(call: string): SimulatedFailure | undefined {
    const planned = this.#planned.find((each) => each.call === undefined || each.call === call)
    if (planned !== undefined) this.#planned = this.#planned.filter((each) => each !== planned)
    return planned?.failure
  }

  cutWatchAfter(events: number): void {
    this.#eventsLeft = events
  }

  /** The messages of a watch, up to the one with the last event that may pass. Then it breaks. */
  watched(source: MessageSource): MessageSource {
    let isCut = false
    return {
      next: async () => {
        if (isCut) throw brokenConnection('ECONNRESET', 'the watch was cut')
        const message = await source.next()
        const { events } = Object(message) as { events?: readonly unknown[] }
        if (this.#eventsLeft === undefined || events === undefined) return message
        this.#eventsLeft -= events.length
        if (this.#eventsLeft > 0) return message
        this.#eventsLeft = undefined
        isCut = true
        return message
      },
      close: () => source.close(),
    }
  }
}

/** A rejection as that of a `fetch` whose connection broke, or was never made. */
export function brokenConnection(code: 'ECONNREFUSED' | 'ECONNRESET', why: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`${code}: ${why}`), { code }) })
}

export function failedAnswer(
  failure: Exclude<SimulatedFailure, string>,
  dialect: Dialect,
  isStream: boolean,
): Response {
  if ('status' in failure) return new Response(failure.body ?? 'a simulated failure', { status: failure.status })
  const error = new RpcError(failure.grpcCode, failure.message ?? 'etcdserver: a simulated failure')
  return toResponse(isStream ? dialect.streamError(error) : dialect.unaryError(error))
}
