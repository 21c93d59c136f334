import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp, unreachable } from './discovery-app.ts'

describe('health of the Worker', () => {
  let sd: DiscoveryApp

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    sd = startDiscoveryApp({ anonymousRead: false })
  })
  afterEach(async () => {
    vi.useRealTimers()
    await sd[Symbol.asyncDispose]()
  })

  it('is alive without a token and without I/O', async () => {
    sd.cutOff(unreachable)
    const response = await sd.request('/healthz')

    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
    expect(sd.calls).toEqual([])
  })

  it('is ready when etcd answers, and asks it at most once in two seconds', async () => {
    expect(await (await sd.request('/readyz')).json()).toEqual({ status: 'ready' })
    vi.setSystemTime(Date.now() + 1999)
    await sd.request('/readyz')
    expect(sd.calls).toEqual(['/v3/kv/range'])
    vi.setSystemTime(Date.now() + 2)
    await sd.request('/readyz')
    expect(sd.calls).toHaveLength(2)
  })

  it('shows what it knows with ?verbose', async () => {
    const response = await sd.request('/readyz?verbose')

    expect(await response.json()).toEqual({
      status: 'ready',
      checks: {
        etcd: { status: 'ok', revision: sd.simulator.revision(), latencyMs: 0, checkedAt: new Date().toISOString() },
      },
    })
  })

  it('is not ready while etcd cannot be reached', async () => {
    sd.cutOff(unreachable)
    const response = await sd.request('/readyz?verbose')

    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      type: 'https://sd.test/problems/registry-unavailable',
      checks: { etcd: { status: 'failed', code: 'UNAVAILABLE' } },
    })
    expect(Object.keys(await (await sd.request('/readyz')).json())).not.toContain('checks')
  })

  it('waits 1.5 seconds for etcd and no longer', async () => {
    sd.cutOff(
      (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const response = sd.request('/readyz?verbose')
    await vi.advanceTimersByTimeAsync(1500)

    expect(await (await response).json()).toMatchObject({ checks: { etcd: { code: 'DEADLINE', latencyMs: 1500 } } })
  })

  it('refuses unknown parameters', async () => {
    expect((await sd.request('/readyz?verbos')).status).toBe(400)
  })
})
