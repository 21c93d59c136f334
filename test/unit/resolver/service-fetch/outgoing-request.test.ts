import { expect, it } from 'vitest'
import { readRequest as read } from '../../../../src/resolver/service-fetch/outgoing-request.ts'

const url = 'http://web/path?query=1'
const readRequest = (input: string | URL | Request, init: RequestInit | undefined) => read(input, init, false)

it.each([
  ['text', url],
  ['a URL', new URL(url)],
  ['a Request', new Request(url)],
])('takes %s', (_, input) => {
  const request = readRequest(input, undefined)
  expect([request.url.href, request.method, request.body]).toEqual([url, 'GET', 'none'])
})

it.each(['', '/path', 'web/path', 'ftp://web/', 'data:,x', 'http://'])('refuses %j as a URL', (input) => {
  expect(() => readRequest(input, undefined)).toThrow(
    new TypeError('input: must be an absolute http or https URL whose host is a service'),
  )
})

it('refuses credentials in the URL, as fetch does, and does not repeat them', () => {
  expect(() => readRequest('http://me:secret@web/', undefined)).toThrow(TypeError)
  expect(() => readRequest('http://me:secret@web/', undefined)).not.toThrow(/secret/)
})

it('keeps what a Request says, and leaves out what a new one says anyway', () => {
  const { init } = readRequest(
    new Request(url, {
      method: 'PUT',
      headers: { a: 'b' },
      credentials: 'include',
      redirect: 'manual',
      cache: 'no-store',
      keepalive: true,
      referrerPolicy: 'no-referrer',
    }),
    undefined,
  )
  const { headers, ...rest } = init
  expect(Object.fromEntries(new Headers(headers))).toEqual({ a: 'b' })
  expect(rest).toEqual({
    method: 'PUT',
    credentials: 'include',
    redirect: 'manual',
    cache: 'no-store',
    keepalive: true,
    referrerPolicy: 'no-referrer',
  })
})

it('lets init win over a Request, member by member', () => {
  const input = new Request(url, { method: 'PUT', headers: { a: 'b' }, redirect: 'error' })
  const { init, method } = readRequest(input, { method: 'delete', headers: { c: 'd' }, redirect: undefined as never })
  expect([method, init.method, init.headers, init.redirect]).toEqual(['DELETE', 'delete', { c: 'd' }, 'error'])
})

it('takes a Request as init', async () => {
  const given = new Request('http://elsewhere/', { method: 'POST', body: 'text', headers: { a: 'b' } })
  const request = readRequest(url, given)
  expect([request.url.host, request.method, request.body]).toEqual(['web', 'POST', 'request'])
  expect(new Headers(request.init.headers).get('a')).toBe('b')
})

it('keeps members that only one runtime knows', () => {
  const init = { cf: { cacheTtl: 1 }, dispatcher: {}, tls: {}, client: {} } as RequestInit
  expect(readRequest(url, init).init).toEqual(init)
})

it('takes the signal of init before that of a Request; null takes it away', () => {
  const [one, other] = [new AbortController().signal, new AbortController()]
  const input = new Request(url, { signal: other.signal })
  expect(readRequest(input, { signal: one }).signal).toBe(one)
  expect(readRequest(input, { signal: null }).signal).toBeUndefined()
  const { signal } = readRequest(input, {})
  other.abort('mine')
  expect(signal?.reason).toBe('mine')
  expect(readRequest(url, {}).signal).toBeUndefined()
})

it('refuses a Request whose body has been read', async () => {
  const input = new Request(url, { method: 'POST', body: 'text' })
  await input.text()
  expect(() => readRequest(input, undefined)).toThrow(
    new TypeError('input: the body of the Request has been read already'),
  )
  expect(readRequest(input, { body: 'another' }).body).toBe('any number of times')
})

it.each([
  ['text', 'x', 'any number of times'],
  ['bytes', new Uint8Array(1), 'any number of times'],
  ['a buffer', new ArrayBuffer(1), 'any number of times'],
  ['a Blob', new Blob(['x']), 'any number of times'],
  ['a form', new FormData(), 'any number of times'],
  ['parameters', new URLSearchParams('a=b'), 'any number of times'],
  ['a stream', new ReadableStream(), 'once'],
  ['an iterable', (async function* () {})() as never, 'once'],
  ['null', null, 'none'],
] as const)('knows how often %s can be sent', (_, body, expected) => {
  expect(readRequest(url, { method: 'POST', body }).body).toBe(expected)
})
