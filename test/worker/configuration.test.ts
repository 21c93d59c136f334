import { createEtcdSimulator } from 'etcd-edge/testing'
import { ConfigurationError, createApp, createWorker, readConfiguration } from 'etcd-edge/worker'
import { describe, expect, it } from 'vitest'
import { accessToken } from './discovery-app.ts'

const token = accessToken('secret-token', 'read')

describe('the configuration', () => {
  it('has a default for everything', () => {
    const { format, etcd, ...rest } = readConfiguration({})

    expect(format).toMatchObject({ name: 'native', root: '/services/' })
    expect(etcd).toHaveProperty('kv')
    expect(rest).toEqual({
      accessTokens: [],
      anonymousRead: false,
      corsOrigins: [],
      maxAgeMs: 1000,
      staleMaxSeconds: 300,
      maxWaitSeconds: 60,
      allowLoopback: false,
    })
  })

  it('reads what a Worker is given, as text or as the platform holds it', () => {
    const asText = {
      ETCD_ENDPOINTS: 'http://10.0.0.1:2379, http://10.0.0.2:2379',
      DISCOVERY_FORMAT: 'kitex',
      DISCOVERY_PREFIX: '',
      ACCESS_TOKENS: JSON.stringify([token]),
      ANONYMOUS_READ: 'true',
      ALLOW_LOOPBACK: 'true',
      CORS_ORIGINS: 'https://a.example,http://b.example:8080',
      MAX_AGE_MS: '0',
      STALE_MAX_SECONDS: '60',
      MAX_WAIT_SECONDS: '5',
      SOMETHING_ELSE: {},
    }
    const { format, etcd, ...rest } = readConfiguration(asText)
    const expected = {
      accessTokens: [token],
      anonymousRead: true,
      corsOrigins: ['https://a.example', 'http://b.example:8080'],
      maxAgeMs: 0,
      staleMaxSeconds: 60,
      maxWaitSeconds: 5,
      allowLoopback: true,
    }

    expect(format).toMatchObject({ name: 'kitex', root: '/' })
    expect(rest).toEqual(expected)
    const {
      format: _,
      etcd: __,
      ...fromValues
    } = readConfiguration({
      ...asText,
      ETCD_ENDPOINTS: ['http://10.0.0.1:2379'],
      ACCESS_TOKENS: [token],
      ANONYMOUS_READ: true,
      ALLOW_LOOPBACK: true,
      CORS_ORIGINS: expected.corsOrigins,
      MAX_AGE_MS: 0,
      STALE_MAX_SECONDS: 60,
      MAX_WAIT_SECONDS: 5,
    })
    expect(fromValues).toEqual(expected)
  })

  it('reaches etcd through the binding, with its receiver', async () => {
    await using simulator = createEtcdSimulator()
    const binding = {
      hosts: [] as string[],
      fetch(input: string, init: RequestInit) {
        this.hosts.push(new URL(input).host)
        return simulator.fetch(input, init)
      },
    }
    const { etcd } = readConfiguration({ ETCD_FETCHER: binding, ETCD_ENDPOINTS: 'http://etcd.internal:2379' })
    await etcd.kv.put('/a', 'b')

    expect(binding.hosts).toEqual(['etcd.internal:2379'])
    expect(simulator.revision()).toBe(2)
  })

  it.each([
    ['native', '/services/'],
    ['raw', '/services/'],
    ['kitex', 'kitex/registry-etcd/'],
    ['hertz', 'hertz/registry-etcd/'],
    ['grpcNaming', ''],
    ['goZero', ''],
    ['kratos', '/microservices/'],
    ['goMicro', '/micro/registry/'],
    ['rpcx', '/rpcx_test/'],
    ['skydns', '/skydns/'],
  ])('knows the format %s, in its own place and in another', (name, root) => {
    expect(readConfiguration({ DISCOVERY_FORMAT: name }).format).toMatchObject({ name, root })
    const moved = readConfiguration({ DISCOVERY_FORMAT: name, DISCOVERY_PREFIX: '/mine' })
    expect(moved.format).toMatchObject({ name, root: '/mine/' })
  })

  it.each([
    ['ETCD_ENDPOINTS', ''],
    ['ETCD_ENDPOINTS', 'etcd:2379'],
    ['ETCD_ENDPOINTS', 'http://a:2379,b'],
    ['ETCD_ENDPOINTS', 'http://user:hunter2@etcd:2379'],
    ['ETCD_ENDPOINTS', 7],
    ['ETCD_FETCHER', 'https://etcd'],
    ['ETCD_USERNAME', 7],
    ['ETCD_PASSWORD', 7],
    ['DISCOVERY_FORMAT', 'gokit'],
    ['DISCOVERY_FORMAT', ''],
    ['DISCOVERY_FORMAT', 'toString'],
    ['DISCOVERY_PREFIX', 7],
    ['ACCESS_TOKENS', 'hunter2'],
    ['ACCESS_TOKENS', ''],
    ['ACCESS_TOKENS', '{}'],
    ['ACCESS_TOKENS', '[{"name":"a","sha256":"hunter2","scopes":[]}]'],
    ['ACCESS_TOKENS', JSON.stringify([{ ...token, scopes: ['write'] }])],
    ['ACCESS_TOKENS', JSON.stringify([{ ...token, scopes: 'read' }])],
    ['ACCESS_TOKENS', JSON.stringify([{ ...token, expires: 'hunter2' }])],
    ['ANONYMOUS_READ', 'yes'],
    ['ANONYMOUS_READ', ''],
    ['ALLOW_LOOPBACK', '1'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://a.example/'],
    ['CORS_ORIGINS', 'a.example'],
    ['MAX_AGE_MS', '1s'],
    ['MAX_AGE_MS', '-1'],
    ['MAX_AGE_MS', ''],
    ['STALE_MAX_SECONDS', '1.5'],
    ['MAX_WAIT_SECONDS', '3601'],
  ])('makes every answer a 500 that names %s, and not its value, when it is %j', async (variable, value) => {
    const worker = createWorker()
    for (const path of ['/healthz', '/api/v1/services', '/']) {
      const answer = await worker.fetch(new Request(`https://sd.test${path}`), { [variable]: value })
      const text = await answer.text()

      expect(answer.status).toBe(500)
      expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
      expect(answer.headers.get('Request-Id')).toBeTruthy()
      expect(JSON.parse(text)).toMatchObject({
        type: 'https://sd.test/problems/internal',
        detail: expect.stringContaining(variable),
        errors: [{ variable, detail: expect.stringMatching(/\w/) }],
      })
      expect(text).not.toContain('hunter2')
    }
  })

  it.each(['maxAgeMs', 'staleMaxSeconds', 'maxWaitSeconds'])('is checked by createApp as well: %s', (option) => {
    const { etcd } = readConfiguration({})

    expect(() => createApp({ etcd, [option]: Number.NaN })).toThrow(new RegExp(`^${option} must be`))
    expect(() => createApp({ etcd, [option]: -1 })).toThrow(RangeError)
  })

  it('logs in with the user name and password that it is given', async () => {
    const bodies: string[] = []
    const binding = {
      async fetch(url: string, init: { readonly body: string; readonly headers: Record<string, string> }) {
        bodies.push(`${new URL(url).pathname} ${init.headers.authorization ?? '-'} ${init.body}`)
        return Response.json(url.endsWith('authenticate') ? { token: 'abc.1' } : { header: { revision: '7' } })
      },
    }
    const { etcd } = readConfiguration({ ETCD_USERNAME: 'edge', ETCD_PASSWORD: 'hunter2', ETCD_FETCHER: binding })
    await etcd.kv.list({ prefix: 'a' })

    expect(bodies[0]).toBe('/v3/auth/authenticate - {"name":"edge","password":"hunter2"}')
    expect(bodies[1]).toMatch(/^\/v3\/kv\/range abc\.1 /)
  })

  it('says which half of a login is missing, and takes empty texts for none', () => {
    expect(() => readConfiguration({ ETCD_USERNAME: 'edge' })).toThrow(
      'ETCD_PASSWORD must be set, because ETCD_USERNAME is',
    )
    expect(() => readConfiguration({ ETCD_PASSWORD: 'hunter2' })).toThrow(
      /^ETCD_USERNAME must be set, because ETCD_PASSWORD is$/,
    )
    expect(() => readConfiguration({ ETCD_USERNAME: '', ETCD_PASSWORD: '' })).not.toThrow()
  })

  it('names all that is wrong at once', () => {
    const wrong = { MAX_AGE_MS: 'x', ANONYMOUS_READ: 'x', DISCOVERY_FORMAT: 'x' }
    try {
      readConfiguration(wrong)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      const named = (error as ConfigurationError).faults.map(({ variable }) => variable)
      expect(named.sort()).toEqual(Object.keys(wrong).sort())
    }
  })

  it('is read once: the app of an isolate serves all its requests', async () => {
    await using simulator = createEtcdSimulator()
    const env = { ETCD_FETCHER: { fetch: simulator.fetch }, ANONYMOUS_READ: 'true' }
    const worker = createWorker()
    const request = () => new Request('https://sd.test/api/v1/services')

    expect((await worker.fetch(request(), env)).status).toBe(200)
    expect((await worker.fetch(request(), { ANONYMOUS_READ: 'wrong' })).status).toBe(200)
  })
})
