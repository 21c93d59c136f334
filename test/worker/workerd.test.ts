import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalWorker, startLocalWorker } from '../../tools/local-worker.ts'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { serveWorker } from './served-worker.ts'

const token = 'a-token-for-workerd'
const list = '/api/v1/services/web/instances'

/** The Worker in workerd, as new: a cold isolate. */
async function startWorker(endpoint: string): Promise<LocalWorker> {
  const homeDir = await mkdtemp(join(tmpdir(), 'etcd-edge-worker-'))
  const { signal } = new AbortController()
  const worker = await startLocalWorker({ port: 0, endpoints: [endpoint], token, homeDir, signal })
  return {
    url: worker.url,
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]()
      await rm(homeDir, { recursive: true, force: true })
    },
  }
}

describeWithEtcd('the Worker in workerd', () => {
  let etcd: Etcd
  let client: EtcdClient
  let worker: LocalWorker

  beforeAll(async () => {
    etcd = await startEtcd()
    client = createEtcdClient({ endpoints: [etcd.url] })
    worker = await startWorker(etcd.url)
  })
  afterAll(async () => {
    await worker?.[Symbol.asyncDispose]()
    await etcd?.stop()
  })

  const get = (path: string, init?: RequestInit) => fetch(`${worker.url}${path}`, init)
  const write = (method: string, path: string, body?: object, auth = `Bearer ${token}`) =>
    fetch(`${worker.url}${path}`, {
      method,
      headers: { Authorization: auth, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const revision = async () => (await client.kv.list({ prefix: '/', countOnly: true })).revision
  const watchers = async () => (await etcd.metrics()).get('etcd_debugging_mvcc_watcher_total')
  const untilWatchers = (count: number) => eventually(async () => expect(await watchers()).toBe(count))

  it('registers, resolves, renews and deregisters an instance', async () => {
    const path = '/api/v1/services/fn/instances/fn-1'
    const body = { address: '203.0.113.9:443', scheme: 'https', tags: { rev: 'a1' } }
    expect((await write('PUT', path, body, 'Bearer wrong')).status).toBe(401)
    expect((await write('PUT', path, body)).status).toBe(201)
    const written = await revision()

    const again = await write('PUT', path, body)
    expect(again.status).toBe(200)
    expect(await again.json()).toMatchObject({ created: false, ttl: 30 })
    expect(await (await get('/api/v1/resolve/fn')).json()).toMatchObject({
      service: 'fn',
      instances: [{ id: 'fn-1', address: '203.0.113.9:443', scheme: 'https', tags: { rev: 'a1' } }],
    })
    expect(await (await get('/api/v1/services')).json()).toMatchObject({
      services: [{ service: 'fn', health: { passing: 1 } }],
    })
    expect((await write('POST', `${path}/heartbeat`)).status).toBe(200)
    expect(await revision()).toBe(written)
    expect((await write('DELETE', path)).status).toBe(204)
    expect((await write('DELETE', path)).status).toBe(204)
    expect(await client.kv.get('/services/fn/fn-1')).toBeUndefined()
    expect((await get('/api/v1/resolve/fn')).status).toBe(503)
  })

  it('answers a long-poll on a change and leaves no watcher in etcd', async () => {
    await untilWatchers(0)
    const current = (await get(list)).headers.get('SD-Revision')
    const poll = get(`${list}?since=${current}&wait=20s`)
    await untilWatchers(1)
    await client.kv.put('/services/web/a', '{"address":"10.0.0.1:80"}')
    const changedAt = performance.now()

    expect((await (await poll).json()).instances).toMatchObject([{ id: 'a' }])
    // Of the 20 s that it would have waited.
    expect(performance.now() - changedAt).toBeLessThan(15_000)
    await untilWatchers(0)
  })

  it('ends a long-poll at its deadline and leaves no watcher in etcd', async () => {
    const tag = (await get(list)).headers.get('ETag') ?? ''
    const startedAt = performance.now()
    const poll = get(list, { headers: { 'If-None-Match': tag, Prefer: 'wait=2' } })
    await untilWatchers(1)

    expect((await poll).status).toBe(304)
    expect(performance.now() - startedAt).toBeGreaterThan(1900)
    await untilWatchers(0)
  })

  it('ends the watch of a client whose connection breaks, long before its deadline', async () => {
    await using served = await serveWorker({ ETCD_ENDPOINTS: etcd.url, ANONYMOUS_READ: 'true' })
    const current = await fetch(`http://127.0.0.1:${served.port}${list}`)
    const query = `since=${current.headers.get('SD-Revision')}&wait=50s`
    const client = connect(served.port, '127.0.0.1')
    client.on('error', () => {})
    client.write(`GET ${list}?${query} HTTP/1.1\r\nHost: sd.test\r\n\r\n`)
    await untilWatchers(1)
    client.resetAndDestroy()

    await untilWatchers(0)
    expect((await fetch(`http://127.0.0.1:${served.port}${list}`)).status).toBe(200)
  })

  it('serves the last good snapshot when etcd is killed, and never [] for what it has not seen', async () => {
    await client.kv.put('/services/web/a', '{"address":"10.0.0.1:80"}')
    const before = await (await get(`${list}?consistency=strong`)).text()
    await etcd.kill()
    await eventually(async () => expect((await get(list)).headers.get('Cache-Status')).toContain('etcd-unavailable'))
    const stale = await get(list)

    expect(stale.status).toBe(200)
    expect(stale.headers.has('Age')).toBe(true)
    expect(await stale.text()).toBe(before)
    expect((await get('/api/v1/services/unseen/instances')).status).toBe(503)
    expect((await get('/healthz')).status).toBe(200)
    await etcd.restart()
    expect((await get('/api/v1/services/unseen/instances?consistency=strong')).status).toBe(200)
  })
})
