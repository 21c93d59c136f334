import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type TlsFetch, tlsFetch } from 'etcd-edge/tls'
import { afterEach, describe, expect, test } from 'vitest'
import { bundleFor } from '../support/portable-bundle.ts'
import { startWorkerd } from '../support/workerd.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('tlsFetch on Node, as a fetch', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  /** A server of plain HTTP, the connections that it has seen, and a `fetch` to it. */
  const serve = async (listener: RequestListener) => {
    const server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const seen = { connections: 0, open: 0 }
    server.on('connection', (socket) => {
      seen.connections++
      seen.open++
      socket.on('close', () => seen.open--)
    })
    const fetch: TlsFetch = tlsFetch()
    cleanups.push(
      async () => server.close().closeAllConnections(),
      () => fetch.close(),
    )
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, fetch }
  }

  test('sends method, path, headers and body, and gives a Response', async () => {
    const { url, fetch } = await serve(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { method, headers } = request
      response.setHeader('set-cookie', ['a=1', 'b=2']).writeHead(418, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ method, url: request.url, type: headers['content-type'], body }))
    })
    const init = { method: 'POST', headers: { 'content-type': 'text/x' }, body: 'ä' }
    const response = await fetch(`${url}/v3/kv/put?x=1`, init)
    expect(response).toBeInstanceOf(Response)
    expect([response.status, response.ok, response.headers.get('set-cookie')]).toEqual([418, false, 'a=1, b=2'])
    expect(await response.json()).toEqual({ method: 'POST', url: '/v3/kv/put?x=1', type: 'text/x', body: 'ä' })
    expect((await (await fetch(new URL('/x', url))).json()).method).toBe('GET')
  })

  test.each([204, 304])('gives a %s without a body', async (status) => {
    const { url, fetch } = await serve((_request, response) => response.writeHead(status).end())
    const response = await fetch(url)
    expect([response.status, response.body]).toEqual([status, null])
  })

  test('keeps its connections for the next calls, and lets go of them on close', async () => {
    const { url, seen, fetch } = await serve((_request, response) => response.end('{}'))
    for (let index = 0; index < 20; index++) await (await fetch(url)).text()
    // undici leaves a connection alone for one turn of the event loop, so that two take turns.
    expect(seen.connections).toBeLessThanOrEqual(2)
    await fetch.close()
    await expect.poll(() => seen.open).toBe(0)
    await fetch.close()
    await expect(fetch(url)).rejects.toThrow('tlsFetch is closed')
  })

  test('gives a body that comes in pieces as they come, and one of megabytes whole', async () => {
    const large = 'x'.repeat(5_000_000)
    const { url, fetch } = await serve((request, response) => {
      if (request.url === '/large') response.end(large)
      else void answers(response)
    })
    const steps = Promise.withResolvers<void>()
    const answers = async (response: ServerResponse) => {
      response.write('one')
      await steps.promise
      response.end('two')
    }
    const reader = (await fetch(url)).body?.pipeThrough(new TextDecoderStream()).getReader()
    expect(await reader?.read()).toEqual({ done: false, value: 'one' })
    steps.resolve()
    expect(await reader?.read()).toEqual({ done: false, value: 'two' })
    expect(await reader?.read()).toEqual({ done: true, value: undefined })
    expect(await (await fetch(`${url}/large`)).text()).toBe(large)
  })

  test('stops the server when nobody reads', async () => {
    let written = 0
    const { url, fetch } = await serve((_request, response) => {
      const chunk = Buffer.alloc(65_536)
      const write = () => {
        for (; written < 100_000_000; written += chunk.length) {
          if (!response.write(chunk)) return void response.once('drain', write)
        }
      }
      write()
    })
    const response = await fetch(url)
    let before = -1
    while (before !== written) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(written).toBeLessThan(20_000_000)
    await response.body?.cancel()
  })

  test.each(['before the headers', 'in the body'])(
    'an abort %s rejects with its reason and closes the call',
    async (when) => {
      const gone = Promise.withResolvers<void>()
      const { url, fetch } = await serve((_request, response) => {
        response.on('close', () => gone.resolve())
        if (when === 'in the body') response.write('a')
        else controller.abort(reason)
      })
      const controller = new AbortController()
      const reason = new Error('enough')
      const call = (async () => {
        const reader = (await fetch(url, { signal: controller.signal })).body?.getReader()
        await reader?.read()
        controller.abort(reason)
        await reader?.read()
      })()
      await expect(call).rejects.toBe(reason)
      await gone.promise
      await expect(fetch(url, { signal: controller.signal })).rejects.toBe(reason)
    },
  )

  test('canceling a body closes the call', async () => {
    const gone = Promise.withResolvers<void>()
    const { url, fetch } = await serve((_request, response) => {
      response.on('close', () => gone.resolve())
      response.write('a')
    })
    await (await fetch(url)).body?.cancel()
    await gone.promise
  })

  test('a connection that breaks in the body fails the body, and one that cannot be made says so', async () => {
    const { url, fetch } = await serve((_request, response) => {
      response.write('a')
      setTimeout(() => response.destroy(), 50)
    })
    await expect((await fetch(url)).text()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
    await expect(fetch('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('close ends calls that are open', async () => {
    const { url, fetch } = await serve((request, response) => void (request.url === '/' && response.write('a')))
    const body = await fetch(url)
    const waiting = fetch(`${url}/never`)
    const outcomes = Promise.allSettled([body.text(), waiting])
    await new Promise((resolve) => setTimeout(resolve, 50))
    await fetch.close()
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})

describe('tlsFetch elsewhere', () => {
  test('points to the mTLS binding in workerd', async () => {
    const entry = fileURLToPath(new URL('tls-worker.ts', import.meta.url))
    await using workerd = await startWorkerd(await bundleFor('workerd', entry))
    const answer = await (await fetch(workerd.url)).text()
    expect(answer).toMatch(/^TypeError: tlsFetch does not work in Workers: .*env\.ETCD_MTLS\.fetch/)
  })

  test('points to the browser in browsers, and bundles no Node there', async () => {
    const bundle = await bundleFor('browser', join(root, 'test/tls/tls-worker.ts'))
    expect(bundle).not.toMatch(/node:|undici/)
    expect(bundle).toContain('install the certificates in the browser')
  })

  test('names the package that is missing', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'etcd-edge-'))
    await mkdir(join(dir, 'tls'))
    await writeFile(join(dir, 'package.json'), '{"type":"module"}')
    await cp(join(root, 'dist/errors.js'), join(dir, 'errors.js'))
    await cp(join(root, 'dist/tls'), join(dir, 'tls'), { recursive: true })
    await writeFile(
      join(dir, 'program.js'),
      `import { tlsFetch } from './tls/node.js'
       const fetch = tlsFetch()
       await fetch('http://127.0.0.1:1/').catch(({ code, message }) => console.log(code, message))
       await fetch.close()`,
    )
    const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/node'), [join(dir, 'program.js')])
    expect(stdout).toBe('UNAVAILABLE etcd-edge/tls needs the package undici on Node: npm install undici@7\n')
    await rm(dir, { recursive: true })
  })
})
