import ky from 'ky'
import { checkMs } from '../check-ms.ts'
import { DeadlineError, ProtocolError } from '../errors.ts'
import type { Call } from './calls.ts'
import * as calls from './calls.ts'
import { type CallOptions, startDeadline } from './deadline.ts'
import type { Endpoint } from './endpoints.ts'
import { type AnswerContext, errorFromAnswer, errorFromStreamLine } from './gateway-error.ts'
import { readJsonStream, type StreamLimits } from './json-stream.ts'
import { createLogin, type Login, noLogin, wantsLogin } from './login.ts'
import { beginAttempt, observeAttempt } from './observed-attempt.ts'
import type { ClientConfig } from './options.ts'
import { type Attempt, isFault, repeatCall } from './repeat-call.ts'
import { requestHeaders } from './request-headers.ts'
import { transportError } from './transport-error.ts'
import type { WireAuthenticateResponse } from './wire-admin.ts'

/** What a call that writes takes besides. */
export interface WriteOptions extends CallOptions {
  /**
   * Running it twice does no harm, so it may be repeated, at another endpoint, also when it is not known whether it ran:
   * a put of the same value that nobody else writes, a transaction whose comparisons fail the second time. @default false
   */
  readonly idempotent?: boolean | undefined
}

/** Sends one call and reads its one answer. The only place that knows how unary calls leave the process. */
export interface Gateway {
  readonly login: Login
  /**
   * A read, a keep-alive and what is `idempotent` is repeated at another endpoint, or once more at the only one, while the
   * deadline allows; any other write only when it surely did not run.
   *
   * @throws UnavailableError, DeadlineError, ProtocolError, RpcError and its subclasses; the caller's abort reason unchanged.
   */
  call<Answer>(call: Call, body: object, options?: WriteOptions): Promise<Answer>
  /** One streamed answer from one endpoint. It is not resumed: what breaks it is thrown. */
  stream<Message extends object>(
    call: Call,
    body: object,
    limits: StreamLimits,
    signal?: AbortSignal,
  ): AsyncGenerator<Message, void>
}

export function createGateway(config: ClientConfig): Gateway {
  const { pool, observer, requireLeader } = config
  const login: Login =
    config.auth === undefined
      ? noLogin
      : createLogin(config.auth, async (endpoint, name, password, signal) => {
          const body = JSON.stringify({ name, password })
          // A watch that waits for its login has no deadline of its own.
          const deadline = startDeadline(config.timeoutMs, () => noLoginInTime(endpoint, config.timeoutMs), signal)
          const head = { token: undefined, requireLeader: false }
          const sent = { endpoint, call: calls.authenticate, attempt: 1, signal: deadline.signal, ...head }
          try {
            const answer = (await observeAttempt(observer, sent, () => post(sent, body))) as WireAuthenticateResponse
            return answer.token ?? ''
          } finally {
            deadline.end()
          }
        })

  /** At one endpoint; logs in when it has to, and once more when the token turns out to be no good. */
  const send = async ({ text, asksLeader, ...sending }: Sending): Promise<unknown> => {
    const { endpoint, signal } = sending
    const once = async () => {
      const token = await login.token(endpoint, signal)
      const sent = { ...sending, token, requireLeader: asksLeader }
      try {
        return await observeAttempt(observer, sent, () => post(sent, text))
      } catch (error) {
        // Some servers answer a token they no longer know by hanging or by closing the connection.
        if (wantsLogin(error) || isFault(error, sent.call)) login.forget(endpoint, token)
        throw error
      }
    }
    try {
      return await once()
    } catch (error) {
      if (config.auth === undefined || !wantsLogin(error)) throw error
      return await once()
    }
  }

  return {
    login,
    async *stream<Message extends object>(call: Call, body: object, limits: StreamLimits, signal?: AbortSignal) {
      const endpoint = pool.pick()
      const own = signal ?? new AbortController().signal
      const token = await login.token(endpoint, own)
      const headers = requestHeaders({ token, requireLeader: requireLeader && !call.local })
      const ended = beginAttempt(observer, { call, endpoint, attempt: 1 })
      try {
        yield* readJsonStream<Message>(
          { endpoint, call, headers, body: JSON.stringify(body), endless: false },
          limits,
          own,
        )
        ended()
      } catch (error) {
        ended(error)
        const fault = isFault(error, call)
        if (fault) pool.failed(endpoint)
        if (fault || wantsLogin(error)) login.forget(endpoint, token)
        throw error
      }
    },
    async call<Answer>(call: Call, body: object, options: WriteOptions = {}): Promise<Answer> {
      const timeoutMs = checkMs(options.timeoutMs ?? config.timeoutMs, 'timeoutMs')
      const { signal, idempotent = false } = options
      signal?.throwIfAborted()
      const text = JSON.stringify(body)
      const asksLeader = requireLeader && !call.local && !('serializable' in body)
      const repeat = { pool, observer, timeoutMs, signal, repeatable: call.repeatable || idempotent }
      return (await repeatCall(call, repeat, (attempt) => send({ ...attempt, call, text, asksLeader }))) as Answer
    },
  }
}

function noLoginInTime({ origin }: Endpoint, ms: number): DeadlineError {
  return new DeadlineError(`auth/authenticate: no answer from ${origin} within ${ms} ms`, { endpoint: origin })
}

interface Sending extends Attempt {
  readonly call: Call
  readonly text: string
  readonly asksLeader: boolean
}

interface Sent extends Attempt {
  readonly call: Call
  readonly token: string | undefined
  readonly requireLeader: boolean
}

async function post({ endpoint, call, signal, ...head }: Sent, body: string): Promise<unknown> {
  const context = { call: call.path, endpoint: endpoint.origin }
  const { fetch } = endpoint
  const url = `${endpoint.base}/${call.path}`
  const init = { method: 'POST', headers: requestHeaders(head), body, signal } as const
  let response: Response
  let text: string
  try {
    // ky's own timers, retries and signal are off: one deadline covers the headers, the body and every attempt, and
    // whether a call may be repeated depends on the call, not on HTTP.
    response = await ky.post(url, {
      fetch: () => fetch(url, init),
      retry: 0,
      timeout: false,
      throwHttpErrors: false,
    })
    text = await response.text()
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw transportError(cause, context, 'cannot be reached')
  }
  const answered = { ...context, status: response.status }
  return response.ok ? readAnswer(text, call, answered) : Promise.reject(errorFromAnswer(text, answered))
}

function readAnswer(text: string, call: Call, context: AnswerContext): unknown {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw errorFromAnswer(text, context)
  }
  if (typeof answer !== 'object' || answer === null) throw errorFromAnswer(text, context)
  if (!call.stream) return answer
  const { result, error } = answer as { result?: unknown; error?: unknown }
  if (error !== undefined) throw errorFromStreamLine(error, context)
  if (typeof result !== 'object' || result === null) {
    throw new ProtocolError(`${call.path}: the stream ended without a result`, { ...context, retryable: true })
  }
  return result
}
