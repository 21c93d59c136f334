import type { FetchLike } from 'etcd-edge/http-client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp, unreachable } from './discovery-app.ts'

const list = '/api/v1/services/web/instances'

describe('reading while etcd is gone', () => {
  let sd: DiscoveryApp

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    sd = startDiscoveryApp({ staleMaxSeconds: 300 })
    await sd.etcd.kv.put('/services/web/a', '{"address":"10.0.0.1:80"}')
  })
  afterEach(async () => {
    vi.useRealTimers()
    await sd[Symbol.asyncDispose]()
  })

  it('shows the last good snapshot, its age, and that it is stale', async () => {
    const fresh = await sd.request(list)
    sd.cutOff(unreachable)
    vi.setSystemTime(Date.now() + 120_000)
    const stale = await sd.request(list)

    expect(stale.status).toBe(200)
    expect(await stale.text()).toBe(await fresh.text())
    expect(stale.headers.get('ETag')).toBe(fresh.headers.get('ETag'))
    expect(stale.headers.get('Age')).toBe('120')
    expect(stale.headers.get('Cache-Status')).toBe('etcd-edge; hit; ttl=-119; detail=etcd-unavailable')
  })

  it.each([list, `${list}/a`, '/api/v1/services', '/api/v1/resolve/web'])(
    'serves %s for STALE_MAX_SECONDS and not a second longer',
    async (path) => {
      await sd.request(path)
      sd.cutOff(unreachable)
      vi.setSystemTime(Date.now() + 299_000)
      expect((await sd.request(path)).status).toBe(200)
      vi.setSystemTime(Date.now() + 2000)
      const late = await sd.request(path)

      expect(late.status).toBe(503)
      expect(await late.json()).toMatchObject({ type: 'https://sd.test/problems/registry-unavailable' })
      expect(Number(late.headers.get('Retry-After'))).toBeGreaterThan(0)
    },
  )

  it('says 503 for a service that it has never seen, and never []', async () => {
    sd.cutOff(unreachable)

    for (const path of [list, '/api/v1/services', '/api/v1/resolve/web', `${list}/a`]) {
      const answer = await sd.request(path)
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ type: 'https://sd.test/problems/registry-unavailable' })
    }
  })

  it('never shows a stale snapshot to whoever asks for consistency=strong', async () => {
    await sd.request(list)
    sd.cutOff(unreachable)

    expect((await sd.request(`${list}?consistency=strong`)).status).toBe(503)
  })

  it('says 504 when etcd does not answer in time and nothing else can be shown', async () => {
    const silent: FetchLike = (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    sd.cutOff(silent)
    const answer = sd.request(list)
    await vi.advanceTimersByTimeAsync(3000)

    expect((await answer).status).toBe(504)
    expect(await (await answer).json()).toMatchObject({ type: 'https://sd.test/problems/registry-timeout' })
  })

  it('takes a proxy that answers in place of etcd for an etcd that is gone', async () => {
    await sd.request(list)
    sd.cutOff(async () => new Response('<html>Bad gateway: token=secret</html>', { status: 502 }))
    vi.setSystemTime(Date.now() + 5000)

    expect((await sd.request(list)).headers.get('Cache-Status')).toContain('etcd-unavailable')
    const unseen = await sd.request('/api/v1/resolve/other')
    expect(unseen.status).toBe(503)
    expect(await unseen.text()).not.toContain('secret')
  })

  it('is fresh again as soon as etcd is back', async () => {
    await sd.request(list)
    sd.cutOff(unreachable)
    vi.setSystemTime(Date.now() + 5000)
    await sd.request(list)
    sd.cutOff(undefined)
    vi.setSystemTime(Date.now() + 1000)

    expect((await sd.request(list)).headers.get('Cache-Status')).toBe('etcd-edge; fwd=miss')
  })
})
