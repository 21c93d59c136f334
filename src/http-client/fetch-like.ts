/**
 * The least a `fetch` must do: the global one, a Workers binding's (`(input, init) => env.ETCD.fetch(input, init)`), a
 * proxying one or the in-memory gateway's. It is always called without a receiver.
 */
export type FetchLike = (input: string, init: FetchInit) => Promise<Response>

export interface FetchInit {
  readonly method: 'POST'
  readonly headers: Record<string, string>
  readonly body: string
  readonly signal: AbortSignal
}

/** Bound late, so that a global `fetch` which is replaced later (by a mock, by instrumentation) is the one in use. */
export const globalFetch: FetchLike = (input, init) => fetch(input, init)
