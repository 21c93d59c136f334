import { describe, expect, it } from 'vitest'
import { WholeResponse } from '../../../src/tls/whole-response.ts'

const text = '{"größe":1}'
const bytes = new TextEncoder().encode(text)
// In the middle of the ö.
const chunks = [bytes.subarray(0, 4), bytes.subarray(4)]
const answer = () => new WholeResponse({ status: 503, headers: [['Content-Type', 'application/json']], chunks })

describe('a response that has arrived whole', () => {
  it('is a Response like any other', async () => {
    const response = answer()
    expect(response).toBeInstanceOf(Response)
    expect([response.status, response.ok, response.bodyUsed]).toEqual([503, false, false])
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.text()).toBe(text)
    expect(response.bodyUsed).toBe(true)
  })

  it('can be read in every way', async () => {
    expect(await answer().json()).toEqual({ größe: 1 })
    expect(await answer().bytes()).toEqual(bytes)
    expect(new Uint8Array(await answer().arrayBuffer())).toEqual(bytes)
    expect(await (await answer().blob()).text()).toBe(text)
    expect(await new Response(answer().body).text()).toBe(text)
    expect(await answer().clone().text()).toBe(text)
    const form = new WholeResponse({
      status: 200,
      headers: [['content-type', 'application/x-www-form-urlencoded']],
      chunks: [new TextEncoder().encode('a=1')],
    })
    expect((await form.formData()).get('a')).toBe('1')
  })

  it('has its headers after it was read as well', async () => {
    const response = answer()
    await response.text()
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  it('can be read once, in whichever way, and cloned only before', async () => {
    const read = ['text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'] as const
    for (const first of ['text', 'bytes'] as const) {
      for (const second of read) {
        const response = answer()
        await response[first]()
        await expect(response[second](), `${first}, then ${second}`).rejects.toThrow(TypeError)
        expect(() => response.clone()).toThrow(TypeError)
      }
    }
  })

  it('has no body where there cannot be one', async () => {
    const response = new WholeResponse({ status: 204, headers: [], chunks: [] })
    expect([response.body, await response.text()]).toEqual([null, ''])
  })

  it('leaves a byte order mark out, as text does', async () => {
    const marked = new WholeResponse({ status: 200, headers: [], chunks: [new TextEncoder().encode('\ufeffa')] })
    expect(await marked.text()).toBe('a')
  })
})
