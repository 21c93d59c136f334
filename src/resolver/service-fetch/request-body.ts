import type { OutgoingRequest } from './outgoing-request.ts'
import { untilAborted } from './until-aborted.ts'

/**
 * Takes the body of a `Request` into memory, if it ends within `most` bytes: it can be sent more than once then, and with
 * a length. A longer one stays a stream, of which nothing is lost. Whatever a `Request` was made from, its body is a
 * stream, so there is no other way to tell; a stream that the caller has handed over as such is not touched.
 *
 * @throws the signal's reason when it is aborted meanwhile; what the body fails with.
 */
export async function holdBody(
  request: OutgoingRequest,
  most: number,
  signal: AbortSignal | undefined,
): Promise<OutgoingRequest> {
  const { body, headers } = request.init
  const announced = Number(new Headers(headers).get('content-length') ?? 0)
  if (most === 0 || announced > most) return { ...request, body: 'once' }
  const held = await readAhead(body as ReadableStream<Uint8Array<ArrayBuffer>>, most, signal)
  return {
    ...request,
    init: { ...request.init, body: held },
    body: held instanceof ReadableStream ? 'once' : 'any number of times',
  }
}

async function readAhead(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  most: number,
  signal: AbortSignal | undefined,
): Promise<BodyInit> {
  const reader = body.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  try {
    while (size <= most) {
      const { done, value } = await untilAborted(reader.read(), signal)
      if (done) {
        reader.releaseLock()
        return new Blob(chunks).arrayBuffer()
      }
      chunks.push(value)
      size += value.byteLength
    }
  } catch (error) {
    reader.cancel(error).catch(() => {})
    throw error
  }
  return resumed(chunks, reader)
}

/** What has been read, then the rest, as it is asked for. */
function resumed(
  chunks: readonly Uint8Array<ArrayBuffer>[],
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = [...chunks]
  return new ReadableStream(
    {
      async pull(sink) {
        const chunk = left.shift()
        if (chunk !== undefined) return sink.enqueue(chunk)
        const { done, value } = await reader.read()
        if (done) sink.close()
        else sink.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
