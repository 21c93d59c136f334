import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DiscoveryApp, startDiscoveryApp, unreachable } from './discovery-app.ts'
import { pass, startPoll, startWaitingPoll } from './poll.ts'

const list = '/api/v1/services/web/instances'

describe('a long-poll', () => {
  let sd: DiscoveryApp

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    sd = startDiscoveryApp()
  })
  afterEach(async () => {
    await sd[Symbol.asyncDispose]()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  const store = (id: string, fields: object = {}) =>
    sd.etcd.kv.put(`/services/web/${id}`, JSON.stringify({ address: '10.0.0.1:80', ...fields }))
  const start = (query: string, init?: RequestInit) => startPoll(sd, `${list}${query}`, init)
  const waiting = (query: string, init?: RequestInit) => startWaitingPoll(sd, `${list}${query}`, init)

  it('answers soon after a change, and leaves no watcher', async () => {
    await store('a')
    const poll = await waiting(`?since=${sd.simulator.revision()}&wait=30s`)
    await pass(10_000)
    await store('b')
    await pass(99)
    expect(poll.isAnswered).toBe(false)
    await pass(152)
    expect(poll.isAnswered).toBe(true)
    const response = await poll.response

    expect(response.status).toBe(200)
    expect(response.headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
    expect(response.headers.get('Cache-Control')).toBe('private, no-cache')
    expect((await response.json()).instances).toHaveLength(2)
    expect(sd.simulator.watcherCount()).toBe(0)
  })

  it('tells changes that come together at once', async () => {
    await store('a')
    const poll = await waiting(`?since=${sd.simulator.revision()}&wait=30s`)
    await store('b')
    await pass(50)
    await store('c')
    await pass(250)

    expect((await (await poll.response).json()).instances).toHaveLength(3)
  })

  it('says 200 with a fresh revision when its time is up and nothing has changed', async () => {
    await store('a')
    const poll = await waiting(`?since=${sd.simulator.revision()}&wait=30s`)
    await sd.etcd.kv.put('/services/other/x', '{"address":"10.0.0.1:80"}')
    await pass(29_990)
    expect(poll.isAnswered).toBe(false)
    await pass(20)
    const response = await poll.response

    expect(response.status).toBe(200)
    expect(response.headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
    expect(response.headers.has('Preference-Applied')).toBe(false)
    expect(sd.simulator.watcherCount()).toBe(0)
  })

  it('sleeps through writes that change nothing of what is shown', async () => {
    await store('a', { zone: 'iad' })
    const poll = await waiting(`?zone=iad&since=${sd.simulator.revision()}&wait=30s`)
    sd.calls.length = 0
    await store('b', { zone: 'fra' })
    await store('b2', { zone: 'fra' })
    await sd.etcd.kv.put('/services/web2/a', '{"address":"10.0.0.1:80"}')
    await pass(250)
    await pass(5000)
    expect(poll.isAnswered).toBe(false)
    expect(sd.calls).toEqual(['/v3/kv/range'])
    await store('c', { zone: 'iad' })
    await pass(300)

    expect((await (await poll.response).json()).instances).toHaveLength(2)
  })

  it('is not held up by a flood of writes that change nothing of what is shown', async () => {
    await store('a', { zone: 'iad' })
    const poll = await waiting(`?zone=iad&since=${sd.simulator.revision()}&wait=30s`)
    for (let write = 0; write < 20; write++) await store('b', { zone: 'fra', weight: write })
    await pass(250)
    await store('c', { zone: 'iad' })
    await pass(500)

    expect(poll.isAnswered).toBe(true)
  })

  it('takes a record that became unreadable for unchanged, then as now', async () => {
    await store('a')
    await sd.request(list)
    const { revision } = await sd.etcd.kv.put('/services/web/a', 'no record')
    await sd.etcd.kv.put('/services/other/x', '{"address":"10.0.0.1:80"}')
    const poll = await waiting(`?consistency=strong&since=${revision}&wait=2s`)
    await pass(2100)

    expect((await (await poll.response).json()).instances).toMatchObject([{ id: 'a' }])
  })

  it('compares with what was shown at the revision, not with what this isolate knows', async () => {
    await store('a')
    const { revision } = await store('b')
    await sd.etcd.kv.put('/services/other/x', '{"address":"10.0.0.1:80"}')
    await waiting(`?since=${revision}&wait=1s`)
    await pass(1100)
    await sd.etcd.kv.delete('/services/web/a')

    const poll = start(`?consistency=strong&since=${revision}&wait=30s`)
    await pass(0)
    expect(poll.isAnswered).toBe(true)
    expect((await (await poll.response).json()).instances).toHaveLength(1)
  })

  it('answers at once when the revision is compacted, in the future, or 0', async () => {
    const { revision } = await store('a')
    await store('a')
    await sd.etcd.kv.put('/x', 'y')
    await sd.etcd.kv.compact(sd.simulator.revision())

    for (const since of [revision, sd.simulator.revision() + 100, 0]) {
      const poll = start(`?since=${since}&wait=30s`)
      await pass(0)
      expect(poll.isAnswered).toBe(true)
      expect((await poll.response).headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
    }
  })

  it('waits also when another isolate has shown a newer state than this one knows', async () => {
    await store('a')
    await sd.request(list)
    const { revision } = await store('b')
    const poll = await waiting(`?since=${revision}&wait=2s`)
    await pass(2100)

    expect((await (await poll.response).json()).instances).toHaveLength(2)
  })

  it('answers 304 with Preference-Applied to If-None-Match and Prefer when its time is up', async () => {
    await store('a')
    const tag = (await sd.request(list)).headers.get('ETag') ?? ''
    const poll = await waiting('', { headers: { 'If-None-Match': tag, Prefer: 'respond-async, wait=30' } })
    await pass(30_100)
    const response = await poll.response

    expect(response.status).toBe(304)
    expect(response.headers.get('Preference-Applied')).toBe('wait=30')
    expect(response.headers.get('ETag')).toBe(tag)
    expect(response.headers.get('SD-Revision')).toBe(String(sd.simulator.revision()))
  })

  it('answers 200 to If-None-Match and Prefer on a change', async () => {
    await store('a')
    const tag = (await sd.request(list)).headers.get('ETag') ?? ''
    const poll = await waiting('', { headers: { 'If-None-Match': tag, Prefer: 'wait=30' } })
    await sd.etcd.kv.delete('/services/web/a')
    await pass(300)
    const response = await poll.response

    expect(response.status).toBe(200)
    expect(response.headers.get('Preference-Applied')).toBe('wait=30')
    expect((await response.json()).instances).toEqual([])
  })

  it('does not wait for whoever has another state than the current one', async () => {
    await store('a')
    const poll = start('', { headers: { 'If-None-Match': 'W/"0000-0"', Prefer: 'wait=30' } })
    await pass(0)

    expect((await poll.response).status).toBe(200)
  })

  it('waits no longer than MAX_WAIT_SECONDS', async () => {
    await using short = startDiscoveryApp({ maxWaitSeconds: 2 })
    const tag = (await short.request(list)).headers.get('ETag') ?? ''
    const response = short.request(list, { headers: { 'If-None-Match': tag, Prefer: 'wait=3600' } })
    await pass(2100)

    expect((await response).headers.get('Preference-Applied')).toBe('wait=2')
  })

  it('ends its watch when the client leaves, which is no failure to tell of', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    await store('a')
    const client = new AbortController()
    const poll = await waiting(`?since=${sd.simulator.revision()}&wait=30s`, { signal: client.signal })
    client.abort()
    await pass(0)

    expect(log).not.toHaveBeenCalled()
    log.mockRestore()
    expect(poll.isAnswered).toBe(true)
    expect(sd.simulator.watcherCount()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not ended by trouble with etcd, and sees the change that came with it', async () => {
    await store('a')
    const poll = await waiting(`?since=${sd.simulator.revision()}&wait=30s`)
    await store('b')
    sd.cutOff(unreachable)
    await pass(3000)
    expect(poll.isAnswered).toBe(false)
    sd.cutOff(undefined)
    await pass(1500)

    expect((await (await poll.response).json()).instances).toHaveLength(2)
  })

  it('waits on the last good state while etcd is gone, and marks it', async () => {
    await store('a')
    const revision = (await sd.request(list)).headers.get('SD-Revision')
    sd.cutOff(unreachable)
    const poll = start(`?since=${revision}&wait=5s`)
    await pass(4000)
    expect(poll.isAnswered).toBe(false)
    await pass(1500)
    const response = await poll.response

    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Status')).toContain('detail=etcd-unavailable')
    expect(response.headers.get('SD-Revision')).toBe(revision)
  })

  it('refuses to wait for a page in the middle of a list', async () => {
    for (const id of ['a', 'b']) await store(id)
    const { nextCursor } = await (await sd.request(`${list}?limit=1`)).json()

    expect((await sd.request(`${list}?limit=1&cursor=${nextCursor}&since=1&wait=1s`)).status).toBe(400)
  })
})
