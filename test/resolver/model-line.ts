import type { FetchLike } from '../../src/http-client/index.ts'

export const callFailures = ['refused', 'answer-lost', 'half-an-answer', 'page-of-a-proxy'] as const
export type CallFailure = (typeof callFailures)[number]
export const streamEnds = ['error', 'end', 'silence'] as const
export type StreamEnd = (typeof streamEnds)[number]

/** The way from the instancer to etcd, with what can be wrong with it. */
export interface ModelLine {
  readonly fetch: FetchLike
  /** The next `times` calls of a path below `/v3/` fail. */
  fail(path: string, failure: CallFailure, times: number): void
  /** Behind so many more bytes the watch that carries the last of them breaks, in the middle of a message or not. */
  breakWatchBehind(bytes: number, how: StreamEnd): void
  /** No connection is made any more. */
  down(): void
  /** Nothing is wrong any more. */
  heal(): void
}

export function createModelLine(send: FetchLike): ModelLine {
  let isDown = false
  let planned: { readonly path: string; readonly failure: CallFailure }[] = []
  let breaking: { left: number; readonly how: StreamEnd } | undefined

  /** How much of a piece still passes, and what happens behind it. */
  const cut = (size: number): { readonly passes: number; readonly how?: StreamEnd } => {
    if (breaking === undefined) return { passes: size }
    const { left, how } = breaking
    breaking.left -= size
    if (left > size) return { passes: size }
    breaking = undefined
    return { passes: left, how }
  }

  return {
    async fetch(url, init) {
      if (isDown) throw broken('ECONNREFUSED')
      const path = url.replace(/^.*\/v3\//, '')
      const failure = planned.find((each) => each.path === path)
      planned = planned.filter((each) => each !== failure)
      if (failure?.failure === 'refused') throw broken('ECONNREFUSED')
      if (failure?.failure === 'page-of-a-proxy') return new Response('<html>Bad Gateway</html>', { status: 502 })
      const response = await send(url, init)
      if (failure?.failure === 'answer-lost') {
        await response.body?.cancel()
        throw broken('ECONNRESET')
      }
      if (path === 'watch' && response.body !== null) return new Response(breakable(response.body, cut), response)
      if (failure === undefined) return response
      const text = await response.text()
      return new Response(text.slice(0, text.length / 2), { status: response.status })
    },
    fail(path, failure, times) {
      for (let time = 0; time < times; time++) planned.push({ path, failure })
    },
    breakWatchBehind(bytes, how) {
      breaking = { left: bytes, how }
    },
    down() {
      isDown = true
    },
    heal() {
      isDown = false
      planned = []
      breaking = undefined
    },
  }
}

function breakable(
  body: ReadableStream<Uint8Array>,
  cut: (size: number) => { readonly passes: number; readonly how?: StreamEnd },
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let isSilent = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(sink) {
        if (isSilent) return new Promise(() => {})
        const { value, done } = await reader.read()
        if (done) return sink.close()
        const { passes, how } = cut(value.length)
        if (passes > 0) sink.enqueue(value.subarray(0, passes))
        if (how === undefined) return
        await reader.cancel()
        isSilent = how === 'silence'
        if (how === 'end') sink.close()
        if (how === 'error') sink.error(broken('ECONNRESET'))
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

const broken = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
