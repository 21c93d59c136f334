import { isEtcdError, UnavailableError } from '../errors.ts'
import { neverSent } from '../never-sent.ts'
import type { AnswerContext } from './gateway-error.ts'

/**
 * What a `fetch` that failed means. One that knows better than this client why (that of `etcd-edge/tls` does) has said so
 * by an error of ours: its words, and whether trying again can help, are passed on.
 */
export function transportError(cause: unknown, { call, endpoint }: AnswerContext, what: string): UnavailableError {
  const known = isEtcdError(cause) ? cause : undefined
  return new UnavailableError(`${call}: ${known?.message ?? `${endpoint} ${what}`}`, {
    endpoint,
    cause,
    retryable: known?.retryable ?? true,
    notExecuted: known?.notExecuted ?? neverSent(cause),
  })
}
