import { afterEach, describe, expect, it, vi } from 'vitest'
import { createServiceFetch, type ServiceFetchOptions } from '../../../../src/resolver/index.ts'
import { type Act, inOrder, instance, resolverOf, scriptedFetch } from './scripted-fetch.ts'

const to = (location: string, status = 302) => new Response('moved', { status, headers: { location } })

function start(script: Readonly<Record<string, Act | readonly Act[]>>, options: ServiceFetchOptions = {}) {
  const told: string[] = []
  const line = scriptedFetch(script)
  const source = resolverOf([instance('a'), instance('b')])
  const serviceFetch = createServiceFetch(source, { fetch: line.fetch, balancer: inOrder(told), ...options })
  return { serviceFetch, line, told, source, urls: () => line.sent.map(({ url }) => url) }
}

const headersOf = (init: RequestInit | undefined) => Object.fromEntries(new Headers(init?.headers))

describe('a redirect', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it.each([
    ['other?x=1', 'http://a:80/dir/other?x=1'],
    ['/other', 'http://a:80/other'],
    ['http://a:80/other', 'http://a:80/other'],
    ['http://a/other#there', 'http://a:80/other'],
  ])('to %s is asked of the instance that redirects', async (location, expected) => {
    const { serviceFetch, urls, told, line } = start({ a: [to(location), 200] })
    const response = await serviceFetch('http://web/dir/file')
    expect([response.status, response.redirected, urls()[1]]).toEqual([200, true, expected])
    expect(told).toEqual(['picked a', 'released a'])
    expect(line.events).toEqual(['a cancelled'])
  })

  it('that stays goes to another instance when its own cannot answer any more', async () => {
    const { serviceFetch, urls } = start({ a: [to('/other'), 503], b: 200 })
    expect((await serviceFetch('http://web/')).status).toBe(200)
    expect(urls()).toEqual(['http://a:80/', 'http://a:80/other', 'http://b:80/other'])
  })

  it('to the name of the service is resolved, as a call is, whatever its port', async () => {
    const { serviceFetch, urls, source } = start({ a: [to('http://web:8080/other'), 200] })
    await serviceFetch('http://web/')
    expect(urls()).toEqual(['http://a:80/', 'http://a:80/other'])
    expect(source.asked).toEqual(['web', 'web'])
  })

  it('to the name of the service is one, also behind others', async () => {
    const { serviceFetch, urls, line } = start({ a: [to('/one'), to('http://a:80/two'), to('http://web/three'), 200] })
    await serviceFetch('http://web/', { headers: { authorization: 'a' } })
    expect(urls()).toEqual(['http://a:80/', 'http://a:80/one', 'http://a:80/two', 'http://a:80/three'])
    expect(headersOf(line.sent[3]?.init)).toEqual({ authorization: 'a' })
  })

  it('to another host is left to fetch, without credentials', async () => {
    const { serviceFetch, line } = start({ a: to('https://elsewhere.test/x'), 'elsewhere.test': 200 })
    const init = {
      headers: { authorization: 'a', cookie: 'b', 'proxy-authorization': 'c', accept: 'd' },
      cache: 'no-store',
    }
    await serviceFetch('http://web/', init as RequestInit)
    const [, sent] = line.sent
    expect([sent?.url, sent?.init.redirect, sent?.init.cache]).toEqual([
      'https://elsewhere.test/x',
      'follow',
      'no-store',
    ])
    expect(headersOf(sent?.init)).toEqual({ accept: 'd' })
  })

  it('to the service keeps credentials', async () => {
    const { serviceFetch, line } = start({ a: [to('http://web/x'), 200] })
    await serviceFetch('http://web/', { headers: { authorization: 'a' } })
    expect(headersOf(line.sent[1]?.init)).toEqual({ authorization: 'a' })
  })

  it('to another service is resolved where serviceOf names one', async () => {
    const serviceOf = ({ hostname }: URL) => (hostname.endsWith('.svc') ? hostname.slice(0, -4) : undefined)
    const { serviceFetch, source } = start({ a: [to('http://api.svc/x'), 200] }, { serviceOf })
    await serviceFetch('http://web.svc/', { headers: { authorization: 'a' } })
    expect(source.asked).toEqual(['web', 'api'])
  })

  it.each([
    [301, 'POST', 'GET', undefined],
    [302, 'POST', 'GET', undefined],
    [303, 'POST', 'GET', undefined],
    [303, 'PUT', 'GET', undefined],
    [301, 'PUT', 'PUT', 'text'],
    [307, 'POST', 'POST', 'text'],
    [308, 'POST', 'POST', 'text'],
  ])('%i after %s asks with %s', async (status, method, then, body) => {
    const { serviceFetch, line } = start({ a: [to('/other', status), 200] })
    await serviceFetch('http://web/', { method, body: 'text', headers: { 'content-type': 'a/b', accept: 'c' } })
    const sent = line.sent[1]?.init
    expect([sent?.method, sent?.body]).toEqual([then, body])
    expect(headersOf(sent)).toEqual({ ...(body === undefined ? {} : { 'content-type': 'a/b' }), accept: 'c' })
  })

  it('303 after HEAD asks with HEAD', async () => {
    const { serviceFetch, line } = start({ a: [to('/other', 303), 200] })
    await serviceFetch('http://web/', { method: 'HEAD' })
    expect(line.sent[1]?.init.method).toBe('HEAD')
  })

  it('of a stream fails, but for 303, which does not want it', async () => {
    const init = () => ({ method: 'POST', body: new ReadableStream(), duplex: 'half' })
    const kept = start({ a: [to('/other', 307), 200] })
    await expect(kept.serviceFetch('http://web/', init())).rejects.toThrow(
      /redirects \(307\) a request whose body is a stream/,
    )
    expect(kept.line.events).toEqual(['a cancelled'])
    expect((await start({ a: [to('/other', 303), 200] }).serviceFetch('http://web/', init())).status).toBe(200)
  })

  it.each(['ftp://web/', 'data:,x', 'http://'])('to %s fails', async (location) => {
    const { serviceFetch, line } = start({ a: to(location) })
    await expect(serviceFetch('http://web/')).rejects.toThrow(
      new TypeError('http://web redirects to what is no http or https URL'),
    )
    expect(line.events).toEqual(['a cancelled'])
  })

  it('without a place is an answer as any other', async () => {
    const { serviceFetch } = start({ a: new Response('text', { status: 302 }) })
    const response = await serviceFetch('http://web/')
    expect([response.status, response.redirected, await response.text()]).toEqual([302, false, 'text'])
  })

  it('is followed twenty times, as by fetch', async () => {
    const twenty = start({ a: [...Array.from({ length: 20 }, () => to('/')), 200] })
    expect((await twenty.serviceFetch('http://web/')).status).toBe(200)
    const more = start({ a: [...Array.from({ length: 21 }, () => to('/')), 200] })
    await expect(more.serviceFetch('http://web/')).rejects.toThrow(new TypeError('"web": more than 20 redirects'))
    expect(more.line.events).toHaveLength(21)
  })

  it.each(['manual', 'error'] as const)('is left alone with redirect: %s', async (redirect) => {
    const { serviceFetch, line } = start({ a: to('/other') })
    const response = await serviceFetch('http://web/', { redirect })
    expect([response.status, await response.text(), line.sent[0]?.init.redirect]).toEqual([302, 'moved', redirect])
  })

  it('is the browser’s own business in a browser, which does not show where it leads', async () => {
    vi.stubGlobal('document', {})
    const { serviceFetch, line } = start({ a: 200 })
    await serviceFetch('http://web/')
    expect(line.sent[0]?.init).not.toHaveProperty('redirect')
  })

  it('takes part of the time of the whole call', async () => {
    vi.useFakeTimers()
    const slow: Act = () => new Promise((resolve) => setTimeout(() => resolve(to('/other')), 80))
    const call = start({ a: [slow, 'hang'] }, { timeoutMs: 100 }).serviceFetch('http://web/')
    const failure = call.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(100)
    expect(await failure).toMatchObject({ code: 'DEADLINE' })
    vi.useRealTimers()
  })
})
