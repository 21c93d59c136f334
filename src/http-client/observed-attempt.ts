import { EtcdError, RpcError } from '../errors.ts'
import { notify } from '../notify.ts'
import type { Call } from './calls.ts'
import type { Endpoint } from './endpoints.ts'
import type { EtcdObserver, EtcdRequestEvent, EtcdResponseEvent } from './observer.ts'

interface Attempt {
  readonly call: Call
  readonly endpoint: Endpoint
  readonly attempt: number
}

export async function observeAttempt<Answer>(
  observer: EtcdObserver,
  sent: Attempt,
  work: () => Promise<Answer>,
): Promise<Answer> {
  if (observer.onRequest === undefined && observer.onResponse === undefined) return work()
  const ended = beginAttempt(observer, sent)
  try {
    const answer = await work()
    ended()
    return answer
  } catch (error) {
    ended(error)
    throw error
  }
}

/** How a stream ends whose reader has left. */
export const abandoned: unique symbol = Symbol('abandoned')

/** Tells that an attempt begins, and gives what tells that it has ended: with an error, or without one. */
export function beginAttempt(observer: EtcdObserver, sent: Attempt): (error?: unknown) => void {
  const request = describe(sent)
  const startedAt = performance.now()
  notify(observer.onRequest, request)
  return (error) => {
    const durationMs = performance.now() - startedAt
    notify(observer.onResponse, { ...request, request, durationMs, ...outcome(error) })
  }
}

export function observeRetry(observer: EtcdObserver, sent: Attempt, error: EtcdError, delayMs = 0): void {
  notify(observer.onRetry, { ...describe(sent), code: error.code, delayMs })
}

const describe = ({ call, endpoint, attempt }: Attempt): EtcdRequestEvent => ({
  call: call.path,
  endpoint: endpoint.origin,
  attempt,
})

function outcome(error: unknown): Pick<EtcdResponseEvent, 'code' | 'grpcCode'> {
  if (error === undefined) return { code: 'OK' }
  if (!(error instanceof EtcdError)) return { code: 'ABORTED' }
  return { code: error.code, ...(error instanceof RpcError ? { grpcCode: error.grpcCode } : {}) }
}
