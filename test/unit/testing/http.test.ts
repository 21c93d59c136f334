import { createEtcdSimulator } from 'etcd-edge/testing'
import { describe, expect, test } from 'vitest'

const put = { method: 'POST', body: '{"key":"YQ=="}' }
const url = 'http://etcd/v3/kv/put'

describe('fetch', () => {
  test('takes a text, a URL and a Request, from any host, and needs no receiver', async () => {
    const simulator = createEtcdSimulator()
    const { fetch } = simulator
    await fetch(url, put)
    await fetch(new URL('https://elsewhere:2379/v3/kv/put'), put)
    await fetch(new Request(url, put))
    await fetch(new Request(url, { method: 'POST', body: 'replaced' }), put)
    expect(simulator.revision()).toBe(5)
  })

  test('rejects at once when the signal is aborted already, whichever way it comes', async () => {
    const { fetch } = createEtcdSimulator()
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(fetch(url, { ...put, signal })).rejects.toThrow('too late')
    await expect(fetch(new Request(url, { ...put, signal }))).rejects.toThrow('too late')
  })
})

describe('pages', () => {
  const get = async (dialect: 'v1' | 'v2', path: string, init?: RequestInit) => {
    const response = await createEtcdSimulator({ dialect }).fetch(`http://etcd${path}`, init)
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }
  const text = 'text/plain; charset=utf-8'

  test('/version is that of the generation', async () => {
    expect(JSON.parse((await get('v1', '/version')).text)).toEqual({ etcdserver: '3.5.33', etcdcluster: '3.5.0' })
    expect(JSON.parse((await get('v2', '/version')).text)).toMatchObject({ etcdserver: '3.6.14', storage: '3.6.0' })
    expect(createEtcdSimulator({ dialect: 'v1' }).version).toBe('3.5.33')
    expect(createEtcdSimulator().version).toBe('3.6.14')
  })

  test('/health is healthy, and only for GET', async () => {
    expect(await get('v2', '/health')).toEqual({ status: 200, type: text, text: '{"health":"true","reason":""}' })
    expect(await get('v2', '/health', { method: 'POST' })).toEqual({
      status: 405,
      type: text,
      text: 'Method Not Allowed\n',
    })
  })

  test('a path below /v3/ that is not served is the gateway’s 404, any other is Go’s', async () => {
    const json = 'application/json'
    const election = { method: 'POST', body: '{}' }
    expect(await get('v1', '/v3/election/leader', election)).toEqual({ status: 404, type: text, text: 'Not Found\n' })
    expect(await get('v2', '/v3/election/leader', election)).toEqual({
      status: 404,
      type: json,
      text: '{"code":5,"message":"Not Found"}',
    })
    expect(await get('v2', '/constructor')).toEqual({ status: 404, type: text, text: '404 page not found\n' })
  })
})

test('every answer may be read by pages of any origin, and preflights are answered', async () => {
  const { fetch } = createEtcdSimulator()
  const answers = await Promise.all([
    fetch(url, put),
    fetch(url, { method: 'POST', body: '' }),
    fetch('http://etcd/v3/nope', put),
    fetch('http://etcd/nope'),
    fetch('http://etcd/v3/watch', { method: 'POST', body: '{"create_request":{}}' }),
    fetch(url, { method: 'OPTIONS' }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 404, 404, 200, 200])
  for (const { headers } of answers) {
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-headers')).toBe('accept, content-type, authorization')
  }
  await answers[4]?.body?.cancel()
})

test('two simulators are two clusters', async () => {
  const [one, two] = [createEtcdSimulator(), createEtcdSimulator()]
  expect(one.clusterId).not.toBe(two.clusterId)
  const response = await one.fetch(url, put)
  expect(await response.json()).toMatchObject({ header: { cluster_id: one.clusterId } })
})
