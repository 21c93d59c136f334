import type { FetchLike } from 'etcd-edge/http-client'

/** A `fetch` that loses lines of streamed answers, as a faulty proxy does: those that `drops` says. */
export function droppingFetch(drops: (line: string) => boolean): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (!url.endsWith('/v3/watch') || response.body === null) return response
    return new Response(response.body.pipeThrough(lossyLines(drops)), response)
  }
}

function lossyLines(drops: (line: string) => boolean): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array> {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()]
  let rest = ''
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (!drops(line)) controller.enqueue(encoder.encode(`${line}\n`))
    },
  })
}
