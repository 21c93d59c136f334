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
import { abandoned, beginAttempt, observeAttempt } from './observed-attempt.ts'
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

  const sendWith = (token: string | undefined, { text, asksLeader, ...sending }: Sending): Promise<unknown> => {
    const sent = { ...sending, token, requireLeader: asksLeader }
    return observeAttempt(observer, sent, () => post(sent, text))
  }

  const sendLoggedIn = async (sending: Sending): Promise<unknown> => {
    const { endpoint, signal, call } = sending
    const token = await login.token(endpoint, signal)
    try {
      return await sendWith(token, sending)
    } catch (error) {
      // Some servers answer a token they no longer know by hanging or by closing the connection.
      if (wantsLogin(error) || isFault(error, call)) login.forget(endpoint, token)
      throw error
    }
  }

  /** At one endpoint; logs in when it has to, and once more when the token turns out to be no good. */
  const send = async (sending: Sending): Promise<unknown> => {
    if (!login.enabled) return sendWith(undefined, sending)
    try {
      return await sendLoggedIn(sending)
    } catch (error) {
      if (!wantsLogin(error)) throw error
      return await sendLoggedIn(sending)
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
      let outcome: unknown = abandoned
      try {
        yield* readJsonStream<Message>(
          { endpoint, call, headers, body: JSON.stringify(body), endless: false },
          limits,
          own,
        )
        outcome = undefined
      } catch (error) {
        outcome = error
        const fault = isFault(error, call)
        if (fault) pool.failed(endpoint)
        if (fault || wantsLogin(error)) login.forget(endpoint, token)
        throw error
      } finally {
        ended(outcome)
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

/** An answer that is read already. */
interface Answered {
  /** There is nothing in it for ky to judge. */
  readonly ok: true
  readonly isSuccess: boolean
  readonly status: number
  readonly text: string
}

async function post({ endpoint, call, signal, ...head }: Sent, body: string): Promise<unknown> {
  const context = { call: call.path, endpoint: endpoint.origin }
  const { fetch } = endpoint
  const url = `${endpoint.base}/${call.path}`
  const init = { method: 'POST', headers: requestHeaders(head), body, signal } as const
  const exchange = async (): Promise<Answered> => {
    const response = await fetch(url, init)
    return { ok: true, isSuccess: response.ok, status: response.status, text: await response.text() }
  }
  let answered: Answered
  try {
    // ky's own timers, retries and signal are off: one deadline covers the headers, the body and every attempt, and
    // whether a call may be repeated depends on the call, not on HTTP. What is no Response, ky hands on as it is, and that
    // spares every call a third of what ky costs.
    answered = (await ky.post(url, {
      fetch: exchange as never,
      retry: 0,
      timeout: false,
    })) as unknown as Answered
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw transportError(cause, context, 'cannot be reached')
  }
  const { isSuccess, status, text } = answered
  const answer = { ...context, status }
  return isSuccess ? readAnswer(text, call, answer) : Promise.reject(errorFromAnswer(text, answer))
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
