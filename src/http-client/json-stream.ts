import { DeadlineError, EtcdError, ProtocolError, UnavailableError } from '../errors.ts'
import type { Call } from './calls.ts'
import type { Endpoint } from './endpoints.ts'
import { type AnswerContext, errorFromAnswer, errorFromStreamLine } from './gateway-error.ts'
import { createLineSplitter } from './line-splitter.ts'
import { transportError } from './transport-error.ts'
import type { WireStreamLine } from './wire.ts'

export interface StreamLimits {
  /** Until the headers, which etcd sends with its first message. */
  readonly headerTimeoutMs: number
  /** Of silence. */
  readonly idleMs: number
  /** Of the stream, busy or not. */
  readonly maxAgeMs: number
}

/** What is sent to open a stream. */
export interface StreamRequest {
  readonly endpoint: Endpoint
  readonly call: Call
  readonly headers: Record<string, string>
  readonly body: string
  /** Its end is a failure: a watch has no last message. */
  readonly endless: boolean
}

/**
 * One streamed answer, message by message. It returns at the end of the stream, and also when the stream has been idle or
 * open for as long as it may be, which is no error; it throws when etcd or the way to it failed, and the signal's own reason
 * on abort. However it ends, also when the reader stops early, the body is canceled, the request aborted, and no timer or
 * listener is left.
 */
export async function* readJsonStream<Message extends object>(
  request: StreamRequest,
  limits: StreamLimits,
  signal: AbortSignal,
): AsyncGenerator<Message, void> {
  signal.throwIfAborted()
  const context = { call: request.call.path, endpoint: request.endpoint.origin }
  const controller = new AbortController()
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let ended: { readonly error?: unknown } | undefined
  const end = (why: { readonly error?: unknown }) => {
    if (ended !== undefined) return
    ended = why
    clearTimeout(age)
    signal.removeEventListener('abort', onAbort)
    // Cancel first: aborting under a pending read crashes or hangs in some runtimes; canceling ends that read cleanly.
    reader?.cancel().catch(() => {})
    controller.abort()
  }
  const onAbort = () => end({ error: signal.reason })
  signal.addEventListener('abort', onAbort, { once: true })
  const age = setTimeout(() => end({}), limits.maxAgeMs)
  try {
    const late = () => end({ error: noHeaders(limits.headerTimeoutMs, context) })
    const body = await within(limits.headerTimeoutMs, late, () => openBody(request, controller.signal, context))
    const open = body.getReader()
    reader = open
    // A `fetch` that does not heed its signal, or that had its answer ready: what came too late is canceled as well.
    if (ended !== undefined) open.cancel().catch(() => {})
    const lines = createLineSplitter()
    while (ended === undefined) {
      // Only waiting counts as idle: a reader that is slow to ask is not etcd's silence.
      const { value, done } = await within(
        limits.idleMs,
        () => end({}),
        () => open.read(),
      )
      if (done) break
      for (const line of lines.push(value)) yield readLine<Message>(line, context)
    }
    if (ended === undefined) {
      for (const line of lines.end()) yield readLine<Message>(line, context)
      if (request.endless) throw new UnavailableError(`${context.call}: ${context.endpoint} ended the stream`, context)
    }
  } catch (error) {
    if (ended === undefined)
      throw error instanceof EtcdError ? error : transportError(error, context, 'broke the stream')
  } finally {
    end({})
  }
  if (ended !== undefined && 'error' in ended) throw ended.error
}

async function within<Result>(ms: number, onTime: () => void, work: () => Promise<Result>): Promise<Result> {
  const timer = setTimeout(onTime, ms)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}

async function openBody(
  { endpoint: { fetch, base }, call, headers, body }: StreamRequest,
  signal: AbortSignal,
  context: AnswerContext,
): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(`${base}/${call.path}`, { method: 'POST', headers, body, signal }).catch((cause) => {
    throw transportError(cause, context, 'cannot be reached')
  })
  if (!response.ok) throw errorFromAnswer(await response.text(), { ...context, status: response.status })
  if (response.body === null) throw new ProtocolError(`${call.path}: the answer has no body`, context)
  return response.body
}

function readLine<Message extends object>(line: string, context: AnswerContext): Message {
  let message: WireStreamLine<Message> | null
  try {
    message = JSON.parse(line)
  } catch {
    throw errorFromAnswer(line, context)
  }
  if (message?.error !== undefined) throw errorFromStreamLine(message.error, context)
  if (typeof message?.result !== 'object' || message.result === null) throw errorFromAnswer(line, context)
  return message.result
}

function noHeaders(ms: number, context: AnswerContext): DeadlineError {
  return new DeadlineError(
    `${context.call}: ${context.endpoint} sent no headers within ${ms} ms (is a buffering proxy or an etcd grpc-proxy in between?)`,
    context,
  )
}
