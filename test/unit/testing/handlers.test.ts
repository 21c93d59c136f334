import { readFile } from 'node:fs/promises'
import { createEtcdSimulator, etcdHandlers } from 'etcd-edge/testing'
import { http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, expect, test } from 'vitest'

const simulator = createEtcdSimulator()
const elsewhere = 'http://etcd.internal:2379'
const network = setupServer(
  http.get('http://other.internal/', () => new Response('not etcd')),
  ...etcdHandlers(simulator),
  ...etcdHandlers(simulator, elsewhere),
)

beforeAll(() => {
  network.listen({ onUnhandledFrame: 'error' })
})
afterAll(() => {
  network.close()
  simulator.close()
})

const post = (path: string, body: object, init: RequestInit = {}) =>
  fetch(path, { method: 'POST', body: JSON.stringify(body), ...init })

test('the global fetch reaches the simulator at etcd’s usual address and at the one that was given', async () => {
  const before = simulator.revision()
  expect((await post('http://127.0.0.1:2379/v3/kv/put', { key: 'YQ==' })).status).toBe(200)
  expect((await post(`${elsewhere}/v3/kv/put`, { key: 'YQ==' })).status).toBe(200)
  expect(simulator.revision()).toBe(before + 2)
})

test('other addresses are left to other handlers', async () => {
  expect(await (await fetch('http://other.internal/')).text()).toBe('not etcd')
})

test('a watch streams, and cancelling its reader ends it', async () => {
  const response = await post(`${elsewhere}/v3/watch`, { create_request: { key: 'Yg==' } })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const read = async () => new TextDecoder().decode((await reader.read()).value)
  expect(JSON.parse(await read())).toMatchObject({ result: { created: true } })
  await post(`${elsewhere}/v3/kv/put`, { key: 'Yg==' })
  expect(JSON.parse(await read())).toMatchObject({ result: { events: [{ kv: { key: 'Yg==' } }] } })
  expect(simulator.watcherCount()).toBe(1)
  await reader.cancel()
  expect(simulator.watcherCount()).toBe(0)
})

test('a call that is aborted before the answer fails as it should', async () => {
  const controller = new AbortController()
  const pending = post(`${elsewhere}/v3/watch`, {}, { signal: controller.signal })
  setTimeout(() => controller.abort(), 20)
  await expect(pending).rejects.toThrow(/abort/)
})

test('the entry point needs msw for its types only', async () => {
  const source = await readFile(new URL('../../../src/testing/handlers.ts', import.meta.url), 'utf8')
  expect(source.match(/^import .*'msw.*'$/gm)).toEqual(["import type { RequestHandler } from 'msw'"])
})
