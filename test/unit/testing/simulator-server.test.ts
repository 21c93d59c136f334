import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SimulatorServer, serveSimulator } from '../../../tools/simulator-server.ts'
import { eventually } from '../../support/eventually.ts'

let server: SimulatorServer
beforeAll(async () => {
  server = await serveSimulator({ port: 0, dialect: 'v1' })
})
afterAll(async () => {
  await server.close()
})

const post = (path: string, body: object, init: RequestInit = {}) =>
  fetch(server.url + path, { method: 'POST', body: JSON.stringify(body), ...init })

describe('the server', () => {
  test('passes calls, their headers and their errors through', async () => {
    expect((await post('/v3/kv/put', { key: 'YQ==' })).status).toBe(200)
    const refused = await post('/v3/kv/put', {})
    expect([refused.status, await refused.json()]).toMatchObject([400, { code: 3, error: expect.any(String) }])
    const late = await post('/v3/watch', {}, { headers: { 'Grpc-Timeout': '10m' } })
    expect(late.status).toBe(504)
    expect(await (await fetch(`${server.url}/version`)).json()).toMatchObject({ etcdserver: '3.5.33' })
  })

  test('ends the watch of a client that hangs up, also before the first answer', async () => {
    const controller = new AbortController()
    const response = await post('/v3/watch', { create_request: { key: 'YQ==' } }, { signal: controller.signal })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    expect(server.simulator.watcherCount()).toBe(1)
    controller.abort()
    await eventually(() => expect(server.simulator.watcherCount()).toBe(0))
  })

  test('refuses a port that is taken', async () => {
    await expect(serveSimulator({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('cuts connections when it closes', async () => {
    const other = await serveSimulator({ port: 0 })
    const response = await fetch(`${other.url}/v3/watch`, { method: 'POST', body: '{"create_request":{}}' })
    const rest = response.text()
    await other.close()
    await expect(rest).rejects.toThrow()
    await expect(fetch(`${other.url}/health`)).rejects.toThrow()
  })
})

describe('the command', () => {
  const run = (...args: string[]) =>
    execa({ reject: false, preferLocal: true })`node ${['tools/simulator.ts', ...args]}`

  test('prints where it listens and ends on SIGTERM', async () => {
    const child = run('--port', '0', '--dialect', 'v1')
    const { value } = await child.iterable().next()
    const [url = ''] = /http:\S+/.exec(String(value)) ?? []
    expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ etcdserver: '3.5.33' })
    child.kill('SIGTERM')
    expect(await child).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test.each([
    [[], /^--port is missing\. Usage: /],
    [['--port', 'soon'], /^--port is not a port: soon\. Usage: /],
    [['--port', '70000'], /^--port is not a port: 70000\. Usage: /],
    [['--port', '1', '--dialect', 'v3'], /^--dialect is neither v1 nor v2: v3\. Usage: /],
    [['--prot', '1'], /^Unknown option '--prot'\. Usage: /],
    [['1'], /^Unexpected argument '1'\. Usage: /],
  ])('explains in one line what is wrong with %j', async (args, line) => {
    const { exitCode, stderr } = await run(...args)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(line)
    expect(stderr.split('\n')).toHaveLength(1)
  })

  test('says that the port is taken', async () => {
    const { exitCode, stderr } = await run('--port', String(server.port))
    expect([exitCode, stderr]).toEqual([1, 'The port is already in use.'])
  })
})
