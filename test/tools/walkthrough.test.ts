import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { walkThrough } from '../../tools/walkthrough.ts'

it('says which step failed, what was asked and what was answered', async () => {
  await using worker = await serve((_, response) => response.writeHead(503).end('{"type":"registry-unavailable"}'))
  const lines: string[] = []
  const walk = walkThrough({
    ...worker,
    token: 't',
    signal: AbortSignal.timeout(5000),
    print: (line) => lines.push(line),
  })
  await expect(walk).rejects.toThrow(
    /^register failed: PUT \/api\/v1\/services\/walkthrough\/instances\/\S+ answered 503, not 201: .*registry-unavailable/,
  )
  expect(lines).toEqual([])
})

it('fails when another instance is resolved than the one it registered', async () => {
  const answers: Record<string, [number, object]> = {
    PUT: [201, {}],
    GET: [200, { instances: [{ id: 'stranger', address: '10.0.0.1:80', weight: 1 }] }],
  }
  await using worker = await serve((request, response) => {
    const [status, body] = answers[request.method ?? ''] ?? [404, {}]
    response.writeHead(status).end(JSON.stringify(body))
  })
  const walk = walkThrough({ ...worker, token: 't', signal: AbortSignal.timeout(5000), print: () => {} })
  await expect(walk).rejects.toThrow('resolve failed: another instance was resolved')
})

async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close }
}
