import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEtcdClient } from 'etcd-edge/http-client'
import { expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { serveWorker } from './served-worker.ts'

const list = '/api/v1/services/web/instances'

/** A way to etcd that lets nobody through before so many have come. */
async function startGate(target: string, path: string, count: number): Promise<{ server: Server; url: string }> {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  let waiting = 0
  const server = createServer(async (request, response) => {
    if (request.url === path && ++waiting >= count) open()
    const body = await Array.fromAsync(request)
    await opened
    const answer = await fetch(`${target}${request.url}`, { method: 'POST', body: Buffer.concat(body) })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describeWithEtcd('two requests at once on a cold isolate', () => {
  it('each ask etcd themselves: what one waits for is never handed to the other', async () => {
    await using etcd = await startEtcd()
    const client = createEtcdClient({ endpoints: [etcd.url] })
    await client.kv.put('/services/web/a', '{"address":"10.0.0.1:80"}')
    const gate = await startGate(etcd.url, '/v3/kv/range', 2)
    await using worker = await serveWorker({ ETCD_ENDPOINTS: gate.url, ANONYMOUS_READ: 'true' })
    const ask = () => fetch(`http://127.0.0.1:${worker.port}${list}`)
    const answers = await Promise.all([ask(), ask()])
    gate.server.closeAllConnections()
    gate.server.close()

    for (const answer of answers) {
      expect(answer.status).toBe(200)
      expect(((await answer.json()) as { instances: unknown }).instances).toMatchObject([{ id: 'a' }])
    }
  })
})

interface HeldWay extends AsyncDisposable {
  readonly url: string
  /** How many requests have come since it is held up. */
  held(): number
  /** Resolves when a request has come. */
  hold(): Promise<void>
  release(): void
}

/** A way to etcd that can be held up. */
async function startHeldWay(target: string): Promise<HeldWay> {
  let opened = Promise.resolve()
  let open = () => {}
  let came = () => {}
  let held = 0
  const server = createServer(async (request, response) => {
    const body = await Array.fromAsync(request)
    held += 1
    came()
    await opened
    const answer = await fetch(`${target}${request.url}`, { method: 'POST', body: Buffer.concat(body) })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held: () => held,
    hold() {
      held = 0
      opened = new Promise((resolve) => {
        open = resolve
      })
      return new Promise((resolve) => {
        came = resolve
      })
    },
    release: () => open(),
    async [Symbol.asyncDispose]() {
      open()
      server.closeAllConnections()
      server.close()
    },
  }
}

describeWithEtcd('requests side by side on an isolate whose snapshot has become too old', () => {
  it('one asks etcd and the others are answered meanwhile, also when the one is broken off', async () => {
    await using etcd = await startEtcd()
    const client = createEtcdClient({ endpoints: [etcd.url] })
    await client.kv.put('/services/web/a', '{"address":"10.0.0.1:80"}')
    await using way = await startHeldWay(etcd.url)
    await using worker = await serveWorker({ ETCD_ENDPOINTS: way.url, ANONYMOUS_READ: 'true' })
    const ids = async (signal?: AbortSignal) => {
      const answer = await fetch(`http://127.0.0.1:${worker.port}${list}`, signal ? { signal } : {})
      return ((await answer.json()) as { instances: { id: string }[] }).instances.map(({ id }) => id)
    }
    /** A request that waits for etcd: the first one after the snapshot has become too old. */
    const asker = async (signal?: AbortSignal) => {
      const came = way.hold().then(() => true)
      for (;;) {
        const asking = ids(signal)
        if (await Promise.race([came, asking.then(() => false)])) return { asking }
      }
    }
    expect(await ids()).toEqual(['a'])

    await client.kv.put('/services/web/b', '{"address":"10.0.0.2:80"}')
    const { asking } = await asker()
    expect(await Promise.all([ids(), ids(), ids()])).toEqual([['a'], ['a'], ['a']])
    expect(way.held()).toBe(1)
    way.release()
    expect(await asking).toEqual(['a', 'b'])

    const controller = new AbortController()
    const broken = (await asker(controller.signal)).asking
    broken.catch(() => {})
    controller.abort()
    await expect(broken).rejects.toThrow()
    await client.kv.put('/services/web/c', '{"address":"10.0.0.3:80"}')
    way.release()
    await eventually(async () => expect(await ids()).toEqual(['a', 'b', 'c']))
  })
})
