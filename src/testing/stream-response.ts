import type { Call } from './call.ts'
import type { Dialect } from './dialect.ts'
import { emptyResponse, rpcResponse, toResponse } from './http-answer.ts'
import type { MessageSource } from './message-source.ts'
import { RpcError } from './rpc-error.ts'
import { wireText } from './wire-text.ts'

/**
 * Streams messages as lines of JSON. As in the gateway the response begins with the first message: until then the
 * promise is pending, and a call that fails before has the error's HTTP status. The body is read from the source only
 * as it is read by the caller. Cancelling the body, aborting the call and the end of the source all close the source.
 */
export async function streamResponse(source: MessageSource, call: Call, dialect: Dialect): Promise<Response> {
  try {
    const first = await call.unlessAborted(source.next())
    if (first) return rpcResponse(streamedBody(first, source, call, dialect))
    source.close()
    call.end()
    return emptyResponse()
  } catch (error) {
    source.close()
    call.end()
    if (error instanceof RpcError) return toResponse(dialect.streamError(error))
    throw error
  }
}

function streamedBody(first: object, source: MessageSource, call: Call, dialect: Dialect): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const { signal } = call
  let unread: object | undefined = first
  const end = () => {
    source.close()
    call.end()
  }
  const broken = (reason: unknown) => {
    end()
    throw reason
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal.addEventListener('abort', () => {
          end()
          // An error of etcd's own comes as a line, behind the messages that are there already.
          if (!(signal.reason instanceof RpcError)) controller.error(signal.reason)
        })
      },
      async pull(controller) {
        const message = unread ?? (await source.next().catch(broken))
        unread = undefined
        const { reason } = signal
        if (signal.aborted && !(reason instanceof RpcError)) return
        if (message) return controller.enqueue(encoder.encode(`${wireText({ result: message })}\n`))
        end()
        if (reason instanceof RpcError) controller.enqueue(encoder.encode(dialect.streamError(reason).body))
        controller.close()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}
