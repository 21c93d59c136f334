import { createEtcdClient } from 'etcd-edge/http-client'
import { native } from 'etcd-edge/instance'
import { createApp } from 'etcd-edge/worker'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp, unreachable } from './discovery-app.ts'

const instance = '/api/v1/services/web/instances/a'

describe('every answer', () => {
  let sd: DiscoveryApp

  beforeEach(() => {
    sd = startDiscoveryApp({ corsOrigins: ['https://admin.example'] })
  })
  afterEach(() => sd[Symbol.asyncDispose]())

  it.each([
    ['GET', '/healthz'],
    ['GET', '/api/v1/services'],
    ['GET', '/api/v1/nothing'],
    ['PATCH', instance],
    ['PUT', instance],
    ['OPTIONS', '/api/v1/services'],
  ])('has a Request-Id: %s %s', async (method, path) => {
    const own = await sd.request(path, { method })
    const given = await sd.request(path, { method, headers: { 'Request-Id': 'caller-7' } })

    expect(own.headers.get('Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(given.headers.get('Request-Id')).toBe('caller-7')
    expect((await sd.request(path, { method, headers: { 'Request-Id': 'a b' } })).headers.get('Request-Id')).not.toBe(
      'a b',
    )
  })

  it.each(['/api/v1/nothing', '/api', '/api/v1/watch', '/metrics', '/', '/api/v1/services/web'])(
    'is a JSON 404 at %s',
    async (path) => {
      const answer = await sd.request(path)

      expect(answer.status).toBe(404)
      expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(await answer.json()).toEqual({
        type: 'https://sd.test/problems/not-found',
        title: expect.any(String),
        status: 404,
      })
    },
  )

  it.each([
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/api/v1/services', 'GET, HEAD'],
    ['PATCH', instance, 'GET, HEAD, PUT, DELETE'],
    ['GET', `${instance}/heartbeat`, 'POST'],
    ['POST', '/api/v1/resolve/web', 'GET, HEAD'],
  ])('to %s %s is 405 and says what is allowed', async (method, path, allow) => {
    const answer = await sd.request(path, { method })

    expect(answer.status).toBe(405)
    expect(answer.headers.get('Allow')).toBe(allow)
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ type: 'https://sd.test/problems/method-not-allowed', status: 405 })
  })

  it('is 406 to whoever accepts no JSON, before anything is done', async () => {
    const reading = await sd.request('/api/v1/services', { headers: { Accept: 'text/html' } })
    const writing = await sd.put(instance, { address: '203.0.113.9:443' }, { Accept: 'application/xml' })

    for (const answer of [reading, writing]) {
      expect(answer.status).toBe(406)
      expect(await answer.json()).toMatchObject({ type: 'https://sd.test/problems/not-acceptable' })
    }
    expect(sd.calls).toEqual([])
  })

  it.each(['application/json', 'application/*', '*/*', 'text/html, application/json;q=0.1', ''])(
    'is JSON to whoever accepts %j',
    async (accept) => {
      expect((await sd.request('/api/v1/services', { headers: { Accept: accept } })).status).toBe(200)
    },
  )

  it('is open to the pages of configured origins, failures as well', async () => {
    const headers = { Origin: 'https://admin.example' }
    const answers = [await sd.request('/api/v1/services', { headers })]
    sd.cutOff(unreachable)
    answers.push(await sd.request('/api/v1/services?consistency=strong', { headers }))

    expect(answers.map(({ status }) => status)).toEqual([200, 503])
    for (const answer of answers) {
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('https://admin.example')
      expect(answer.headers.get('Access-Control-Expose-Headers')?.split(/, ?/)).toEqual([
        'ETag',
        'SD-Revision',
        'Location',
        'Retry-After',
        'Preference-Applied',
        'Cache-Status',
        'Request-Id',
      ])
      expect(answer.headers.get('Vary')).toContain('Origin')
    }
  })

  it('tells a browser beforehand what it may send', async () => {
    const preflight = await sd.request(instance, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://admin.example',
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'authorization, content-type, sd-owner-key',
      },
    })

    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe('https://admin.example')
    expect(preflight.headers.get('Access-Control-Allow-Methods')).toContain('PUT')
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toContain('SD-Owner-Key')
  })

  it('is closed to the pages of any other origin', async () => {
    const headers = { Origin: 'https://elsewhere.example' }
    const answer = await sd.request('/api/v1/services', { headers })
    const preflight = await sd.request(instance, { method: 'OPTIONS', headers })
    const outside = await sd.request('/healthz', { headers: { Origin: 'https://admin.example' } })

    for (const { headers } of [answer, preflight, outside]) {
      expect(headers.has('Access-Control-Allow-Origin')).toBe(false)
    }
  })
})

describe('a failure of our own', () => {
  it('is 500 without detail, and is told to the operator with the id of the request', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const broken = {
      ...native(),
      dir: () => {
        throw new Error('a secret path')
      },
    }
    await using sd = startDiscoveryApp({ format: broken })
    const answer = await sd.request('/api/v1/services/web/instances', { headers: { 'Request-Id': 'caller-7' } })

    expect(answer.status).toBe(500)
    expect(await answer.json()).toEqual({
      type: 'https://sd.test/problems/internal',
      title: expect.any(String),
      status: 500,
    })
    expect(log).toHaveBeenCalledExactlyOnceWith('caller-7', expect.objectContaining({ message: 'a secret path' }))
    log.mockRestore()
  })
})

describe('the app in another app', () => {
  it('is the same below a path', async () => {
    await using sd = startDiscoveryApp()
    const etcd = createEtcdClient({ endpoints: ['http://etcd.test'], fetch: sd.simulator.fetch })
    const app = createApp({ etcd, anonymousRead: true })
    // Hono itself belongs to worker/ alone.
    const Hono = app.constructor as new () => typeof app
    const outer = new Hono().route('/discovery', app)

    expect((await outer.request('/discovery/api/v1/services')).status).toBe(200)
    const wrong = await outer.request('/discovery/api/v1/services', { method: 'DELETE' })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('Content-Type')).toBe('application/problem+json')
    const bad = await outer.request('/discovery/api/v1/services?x=1')
    expect(bad.status).toBe(400)
    expect(await bad.json()).toMatchObject({ type: 'http://localhost/problems/invalid-request' })
  })
})
