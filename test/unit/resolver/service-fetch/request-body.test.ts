import { describe, expect, it } from 'vitest'
import { createServiceFetch, type ServiceFetchOptions } from '../../../../src/resolver/index.ts'
import { inOrder, instance, refused, resolverOf, type Sent, scriptedFetch } from './scripted-fetch.ts'

const read = async ({ init }: Sent): Promise<string> => await new Response(init.body ?? null).text()

/** Instance a fails after it has been given the body, b answers with what it was given. */
function start(failure: Error | number, options: ServiceFetchOptions = {}) {
  const line = scriptedFetch({ a: failure, b: async (sent) => new Response(await read(sent)) })
  const source = resolverOf([instance('a'), instance('b')])
  return { line, serviceFetch: createServiceFetch(source, { fetch: line.fetch, balancer: inOrder(), ...options }) }
}

const parts = (...texts: readonly string[]) =>
  new ReadableStream<Uint8Array>({
    start(sink) {
      for (const text of texts) sink.enqueue(new TextEncoder().encode(text))
      sink.close()
    },
  })
const post = (body: BodyInit, more: RequestInit = {}) =>
  new Request('http://web/', { method: 'POST', body, duplex: 'half', ...more } as RequestInit)

describe('the body of a Request', () => {
  it.each([
    ['text', 'text'],
    ['bytes', new TextEncoder().encode('text')],
    ['a Blob', new Blob(['text'])],
    ['a stream', parts('te', 'xt')],
  ])('made from %s goes to the next instance when nothing was sent', async (_, body) => {
    const { serviceFetch, line } = start(refused())
    expect(await (await serviceFetch(post(body))).text()).toBe('text')
    expect(line.sent.map(({ init }) => (init.body as ArrayBuffer).byteLength)).toEqual([4, 4])
  })

  it('keeps its content type', async () => {
    const { serviceFetch, line } = start(refused())
    await serviceFetch(post(new URLSearchParams('a=b')))
    expect(new Headers(line.sent[1]?.init.headers).get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
  })

  it('that is given as init is no different', async () => {
    const { serviceFetch } = start(refused())
    expect(await (await serviceFetch('http://web/', post('text'))).text()).toBe('text')
  })

  it('that is empty is sent as such', async () => {
    const { serviceFetch, line } = start(refused())
    await serviceFetch(post(''))
    expect(line.sent[0]?.init.body).toEqual(new ArrayBuffer(0))
  })

  it('gives way to that of init, and is left unread then', async () => {
    const { serviceFetch } = start(refused())
    const input = post('text')
    expect(await (await serviceFetch(input, { body: 'other' })).text()).toBe('other')
    expect(input.bodyUsed).toBe(false)
  })

  it('stays when that of init is null', async () => {
    const { serviceFetch } = start(refused())
    expect(await (await serviceFetch(post('text'), { body: null })).text()).toBe('text')
  })

  it('is used up, as by fetch', async () => {
    const { serviceFetch } = start(refused())
    const input = post('text')
    await serviceFetch(input)
    expect(input.bodyUsed).toBe(true)
    await expect(serviceFetch(input)).rejects.toThrow(TypeError)
  })

  it('beyond maxReplayBytes is a stream: whole, and sent once', async () => {
    const long = ['x'.repeat(60), 'y'.repeat(60), 'z'.repeat(60)]
    const given: string[] = []
    const takesAll = async (sent: Sent) => {
      given.push(await read(sent))
      throw refused()
    }
    const line = scriptedFetch({ a: takesAll, b: 200 })
    const source = resolverOf([instance('a'), instance('b')])
    const serviceFetch = createServiceFetch(source, { fetch: line.fetch, balancer: inOrder(), maxReplayBytes: 100 })
    await expect(serviceFetch(post(parts(...long)))).rejects.toThrow('fetch failed')
    expect(given).toEqual([long.join('')])
  })

  it.each([
    ['maxReplayBytes is 0', { maxReplayBytes: 0 }, {}],
    ['it says that it is longer', { maxReplayBytes: 100 }, { 'content-length': '101' }],
  ])('is not touched when %s', async (_, options, headers) => {
    const { serviceFetch, line } = start(refused(), options)
    const input = post(parts('text'), { headers })
    await expect(serviceFetch(input)).rejects.toThrow('fetch failed')
    expect([line.sent.length, line.sent[0]?.init.body === input.body]).toEqual([1, true])
  })

  it('can be as long as maxReplayBytes to the byte', async () => {
    const { serviceFetch } = start(refused(), { maxReplayBytes: 4 })
    expect(await (await serviceFetch(post('text'))).text()).toBe('text')
  })

  it('that fails while it is read fails the call with its own error, before anything is sent', async () => {
    const { serviceFetch, line } = start(refused())
    const failure = new Error('the file is gone')
    await expect(serviceFetch(post(new ReadableStream({ pull: (sink) => sink.error(failure) })))).rejects.toBe(failure)
    expect(line.sent).toEqual([])
  })

  it('that does not come is waited for as long as the caller waits, and cancelled then', async () => {
    const { serviceFetch, line } = start(refused())
    const controller = new AbortController()
    const cancelled: unknown[] = []
    const body = new ReadableStream({ cancel: (reason) => void cancelled.push(reason) })
    const call = serviceFetch(post(body, { signal: controller.signal }))
    controller.abort('mine')
    await expect(call).rejects.toBe('mine')
    expect([cancelled, line.sent]).toEqual([['mine'], []])
  })

  it('stops being read when the stream that carries it on is cancelled', async () => {
    const cancelled: unknown[] = []
    const source = new ReadableStream<Uint8Array>({
      pull: (sink) => sink.enqueue(new Uint8Array(60)),
      cancel: (reason) => void cancelled.push(reason),
    })
    const line = scriptedFetch({
      async a({ init }) {
        await (init.body as ReadableStream).cancel('full')
        return new Response()
      },
    })
    const serviceFetch = createServiceFetch(resolverOf([instance('a')]), { fetch: line.fetch, maxReplayBytes: 100 })
    await serviceFetch(post(source))
    expect(cancelled).toEqual(['full'])
  })
})
