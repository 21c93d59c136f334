import { createEtcdSimulator } from 'etcd-edge/testing'
import { describe, expect, test } from 'vitest'
import { open, put, watch } from './gateway-calls.ts'

const create = { create_request: { key: btoa('a') } }
const malformed = '{bad'

describe.each(['v1', 'v2'] as const)('the stream of %s', (dialect) => {
  const deadline = {
    v1: '{"error":{"grpc_code":4,"http_code":504,"message":"context deadline exceeded","http_status":"Gateway Timeout"}}',
    v2: '{"error":{"code":4,"message":"context deadline exceeded"}}\n',
  }[dialect]

  test('ends with an error line at the deadline', async () => {
    const simulator = createEtcdSimulator({ dialect })
    const stream = await watch(simulator, { key: btoa('a') }, { headers: { 'Grpc-Timeout': '20m' } })
    expect(await stream.next()).toMatchObject({ result: { created: true } })
    expect(await stream.nextText()).toBe(deadline)
    expect(await stream.nextText()).toBeUndefined()
    expect(simulator.watcherCount()).toBe(0)
  })

  test('gives a late reader what came before the deadline', async () => {
    const simulator = createEtcdSimulator({ dialect })
    const stream = await watch(simulator, { key: btoa('a') }, { headers: { 'Grpc-Timeout': '20m' } })
    await put(simulator, 'a')
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(await stream.next()).toMatchObject({ result: { created: true } })
    expect(await stream.next()).toMatchObject({ result: { events: [{}] } })
    expect(await stream.nextText()).toBe(deadline)
  })

  test('has an HTTP status if the deadline comes before the first message', async () => {
    const simulator = createEtcdSimulator({ dialect })
    const { response, nextText } = await open(simulator, '/v3/watch', {}, { headers: { 'Grpc-Timeout': '20m' } })
    expect(response.status).toBe(504)
    expect(await nextText()).toBe(deadline)
  })

  test('refuses a message beyond 2 MiB', async () => {
    const key = btoa('x'.repeat(3 * 1024 * 1024))
    const { response, next } = await watch(createEtcdSimulator({ dialect }), { key })
    expect(response.status).toBe(429)
    expect(await next()).toMatchObject({ error: { message: expect.stringMatching(/^grpc: received message larger/) } })
  })

  test('refuses a timeout that is none with the error of a call', async () => {
    const init = { headers: { 'Grpc-Timeout': 'soon' } }
    const { response, next } = await watch(createEtcdSimulator({ dialect }), { key: btoa('a') }, init)
    expect(response.status).toBe(400)
    expect(await next()).toMatchObject({ code: 3, message: 'invalid grpc-timeout: soon' })
  })

  test('takes a malformed second message for the end of the requests', async () => {
    const simulator = createEtcdSimulator({ dialect })
    const stream = await open(simulator, '/v3/watch', [create, malformed, create])
    await stream.next()
    await put(simulator, 'a')
    expect(await stream.next()).toMatchObject({ result: { events: [{}] } })
    expect(simulator.watcherCount()).toBe(1)
    await stream.cancel()
  })
})

test('v1 answers a malformed first message with 500, v2 ends a keep-alive without a line', async () => {
  const v1 = await open(createEtcdSimulator({ dialect: 'v1' }), '/v3/lease/keepalive', malformed)
  expect(v1.response.status).toBe(500)
  expect(await v1.next()).toMatchObject({ code: 2, error: expect.stringContaining("invalid character 'b'") })
  const v2 = await open(createEtcdSimulator({ dialect: 'v2' }), '/v3/lease/keepalive', malformed)
  expect(v2.response.status).toBe(200)
  expect(await v2.nextText()).toBeUndefined()
})

describe('hanging up', () => {
  const reason = new Error('no longer needed')

  test('cancelling the body closes the watcher', async () => {
    const simulator = createEtcdSimulator()
    const stream = await watch(simulator, { key: btoa('a') })
    expect(simulator.watcherCount()).toBe(1)
    await stream.cancel()
    expect(simulator.watcherCount()).toBe(0)
  })

  test('aborting fails the pending read with the reason and closes the watcher', async () => {
    const simulator = createEtcdSimulator()
    const controller = new AbortController()
    const stream = await watch(simulator, { key: btoa('a') }, { signal: controller.signal })
    await stream.next()
    const pending = stream.next()
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    expect(simulator.watcherCount()).toBe(0)
  })

  test('aborting before the headers rejects the call with the reason', async () => {
    const simulator = createEtcdSimulator()
    const controller = new AbortController()
    const pending = open(simulator, '/v3/watch', {}, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 5)
    await expect(pending).rejects.toBe(reason)
  })

  test('a call aborted before it reached the store changes nothing', async () => {
    const simulator = createEtcdSimulator()
    const controller = new AbortController()
    const body = JSON.stringify({ key: btoa('a') })
    const pending = simulator.fetch('http://etcd/v3/kv/put', { method: 'POST', body, signal: controller.signal })
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    expect(simulator.revision()).toBe(1)
  })

  test('aborting after the end is too late to matter', async () => {
    const simulator = createEtcdSimulator()
    const controller = new AbortController()
    const stream = await open(simulator, '/v3/lease/keepalive', { ID: '1' }, { signal: controller.signal })
    await stream.next()
    expect(await stream.next()).toBeUndefined()
    controller.abort(reason)
    expect(await stream.next()).toBeUndefined()
  })

  test('closing the simulator fails open streams, waiting calls and later ones', async () => {
    const simulator = createEtcdSimulator()
    const stream = await watch(simulator, { key: btoa('a') })
    await stream.next()
    const read = stream.next()
    const waiting = open(simulator, '/v3/watch', {})
    await Promise.resolve()
    simulator.close()
    await expect(read).rejects.toThrow(TypeError)
    await expect(waiting).rejects.toThrow(TypeError)
    await expect(put(simulator, 'a')).rejects.toThrow(TypeError)
    expect(simulator.watcherCount()).toBe(0)
  })
})
