import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { covers } from '../../worker/scope.ts'
import { accessToken, type DiscoveryApp, startDiscoveryApp } from './discovery-app.ts'

const tokens = {
  reader: accessToken('reader-token', 'read'),
  web: accessToken('web-token', 'write:web'),
  team: accessToken('team-token', 'read', 'write:team-*'),
  admin: accessToken('admin-token', 'admin'),
  etcd: accessToken('etcd-token', 'etcd:read'),
  nothing: accessToken('nothing-token'),
}

const reads = [
  '/api/v1/services',
  '/api/v1/services/web/instances',
  '/api/v1/services/web/instances/a',
  '/api/v1/resolve/web',
]

describe('access', () => {
  let sd: DiscoveryApp

  beforeEach(async () => {
    sd = startDiscoveryApp({ accessTokens: Object.values(tokens), anonymousRead: false })
    await sd.etcd.kv.put('/services/web/a', '{"address":"10.0.0.1:80"}')
  })
  afterEach(() => sd[Symbol.asyncDispose]())

  const as = (authorization: string | undefined, path: string, init: RequestInit = {}) =>
    sd.request(path, {
      ...init,
      headers: { 'Content-Type': 'application/json', ...(authorization ? { Authorization: authorization } : {}) },
    })
  const write = (token: string, service: string, method = 'PUT', suffix = '') =>
    as(`Bearer ${token}`, `/api/v1/services/${service}/instances/a${suffix}`, {
      method,
      ...(method === 'PUT' ? { body: '{"address":"203.0.113.9:443"}' } : {}),
    })

  it.each(reads)('denies %s by default', async (path) => {
    const answer = await as(undefined, path)

    expect(answer.status).toBe(401)
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="etcd-edge"')
    expect(await answer.json()).toMatchObject({ type: 'https://sd.test/problems/unauthenticated', status: 401 })
    expect(sd.calls).toEqual([])
  })

  it.each(reads)('gives %s to a token that may read', async (path) => {
    expect((await as('Bearer reader-token', path)).status).toBe(200)
  })

  it.each([
    'Bearer reader-token',
    'bearer reader-token',
    'reader-token',
    `Basic ${btoa('anybody:reader-token')}`,
    `basic ${btoa(':reader-token')}`,
  ])('takes the token as scrapers send it: %s', async (authorization) => {
    expect((await as(authorization, '/api/v1/services')).status).toBe(200)
  })

  it.each([
    'Bearer unknown',
    'Bearer',
    'Bearer reader-token x',
    'Digest reader-token',
    `Basic ${btoa('reader-token')}`,
    `Basic ${btoa('reader-token:')}`,
    'Basic %%%',
    `Bearer ${tokens.reader.sha256}`,
  ])('does not know %s', async (authorization) => {
    const answer = await as(authorization, '/api/v1/services')

    expect(answer.status).toBe(401)
    expect(answer.headers.get('WWW-Authenticate')).toContain('error="invalid_token"')
    expect(await answer.text()).not.toContain('reader-token')
  })

  it('takes no token from the URL', async () => {
    expect((await as(undefined, '/api/v1/services?token=reader-token')).status).toBe(401)
    expect((await as('Bearer reader-token', '/api/v1/services?token=reader-token')).status).toBe(400)
  })

  it('says which scope a known token lacks', async () => {
    const reading = await as('Bearer web-token', '/api/v1/services')
    expect(reading.status).toBe(403)
    expect(await reading.json()).toMatchObject({ type: 'https://sd.test/problems/forbidden', requiredScope: 'read' })

    const writing = await write('reader-token', 'web')
    expect(writing.status).toBe(403)
    expect(await writing.json()).toMatchObject({ requiredScope: 'write:web' })
    expect((await as('Bearer etcd-token', '/api/v1/services')).status).toBe(403)
    expect((await as('Bearer nothing-token', '/api/v1/services')).status).toBe(403)
  })

  it('lets a token write to the services of its scope only, by every method', async () => {
    expect((await write('web-token', 'web')).status).toBe(200)
    expect((await write('web-token', 'web', 'POST', '/heartbeat')).status).toBe(200)
    expect((await write('web-token', 'web', 'DELETE')).status).toBe(204)
    for (const service of ['web2', 'we', 'api']) {
      expect((await write('web-token', service)).status).toBe(403)
      expect((await write('web-token', service, 'POST', '/heartbeat')).status).toBe(403)
      expect((await write('web-token', service, 'DELETE')).status).toBe(403)
    }
    expect((await write('team-token', 'team-a')).status).toBe(201)
    expect((await write('team-token', 'teams')).status).toBe(403)
    expect((await write('admin-token', 'anything')).status).toBe(201)
  })

  it('looks at the token before it looks at anything else of a write', async () => {
    const answer = await sd.request('/api/v1/services/web/instances/a?x=1', { method: 'PUT', body: 'x'.repeat(20_000) })

    expect(answer.status).toBe(401)
  })

  it('opens reads and nothing else to everybody when told to', async () => {
    await using open = startDiscoveryApp({ accessTokens: [tokens.web], anonymousRead: true })
    const get = (authorization?: string) =>
      open.request('/api/v1/services', authorization ? { headers: { Authorization: authorization } } : {})

    expect((await get()).status).toBe(200)
    expect((await get('Bearer web-token')).status).toBe(200)
    expect((await get('Bearer mistyped')).status).toBe(401)
    expect((await open.request('/api/v1/services/web/instances/a', { method: 'DELETE' })).status).toBe(401)
  })

  it('refuses tokens that were configured wrongly, without showing them', () => {
    const wrong = { name: 'x', sha256: 'the-token-itself', scopes: ['read'] }

    expect(() => startDiscoveryApp({ accessTokens: [tokens.web, wrong] })).toThrow(/accessTokens\[1\]\.sha256/)
    expect(() => startDiscoveryApp({ accessTokens: [wrong] })).not.toThrow(/the-token-itself/)
  })
})

describe('a scope', () => {
  it.each([
    ['write:web', 'write:web', true],
    ['write:web', 'write:web2', false],
    ['write:web', 'write:we', false],
    ['write:*', 'write:anything', true],
    ['write:web-*', 'write:web-', true],
    ['write:web-*', 'write:web', false],
    ['write:*-web', 'write:a-web', true],
    ['write:*-web', 'write:a-web2', false],
    ['write:a*b*c', 'write:a-b-c', true],
    ['write:a*b*c', 'write:acb', false],
    ['write:a*a', 'write:a', false],
    ['write:a.c', 'write:abc', false],
    ['write:*', 'read', false],
    ['read', 'write:read', false],
    ['admin', 'read', true],
    ['admin', 'write:web', true],
  ])('%s covers %s: %s', (granted, needed, expected) => {
    expect(covers([granted], needed)).toBe(expected)
  })
})
