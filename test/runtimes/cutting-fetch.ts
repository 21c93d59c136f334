import type { FetchLike } from 'etcd-edge/http-client'

export type Cut = 'error' | 'end' | 'silence'

/** A `fetch` whose watches break behind their second message, each in the next way of `cuts`; the rest of them does not. */
export function cuttingFetch(cuts: readonly Cut[]): FetchLike {
  const left = [...cuts]
  return async (input, init) => {
    const response = await fetch(input, init)
    const cut = input.endsWith('/watch') ? left.shift() : undefined
    if (cut === undefined || response.body === null) return response
    return new Response(cutBehind(2, response.body.getReader(), cut), response)
  }
}

function cutBehind(
  messages: number,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  cut: Cut,
): ReadableStream<Uint8Array> {
  let lines = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(sink) {
        if (lines >= messages) {
          await reader.cancel()
          if (cut === 'silence') return new Promise(() => {})
          return cut === 'end' ? sink.close() : sink.error(new TypeError('the line is dead'))
        }
        const { value, done } = await reader.read()
        if (done) return sink.close()
        lines += value.filter((byte) => byte === 0x0a).length
        sink.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
