import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdClient, type FetchLike, type WatchState } from '../../../src/http-client/index.ts'
import { created, fakeEtcd, header, line, type Opened, put } from './watch-streams.ts'

describe('a watch', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  const settle = () => vi.advanceTimersByTimeAsync(0)

  it('resumes behind the last event after a stream that breaks, ends cleanly or sends an error without newline', async () => {
    const { streams, etcd } = fakeEtcd()
    const states: WatchState[] = []
    const watch = etcd.watch({ prefix: 'k', startRevision: 5, onState: (state) => states.push(state) })
    const endings = [
      (stream: Opened) => stream.breakOff(),
      (stream: Opened) => stream.end(),
      (stream: Opened) => {
        stream.send('{"error":{"grpc_code":14,"message":"transport is closing"}}')
        stream.end()
      },
    ]
    let next = watch.next()
    for (const [index, end] of endings.entries()) {
      await settle()
      const stream = streams.at(-1)
      expect(stream?.startRevision).toBe(String(5 + index))
      stream?.send(created() + put(5 + index))
      expect((await next).value).toMatchObject({ revision: 5 + index })
      next = watch.next()
      await settle()
      if (stream) end(stream)
      await vi.advanceTimersByTimeAsync(2000)
    }
    expect(streams).toHaveLength(4)
    expect(states.map(({ state }) => state)).toEqual(Array(3).fill(['connected', 'interrupted']).flat())
    await watch.return?.()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits between attempts, longer each time, at most 2 s', async () => {
    const { etcd, answerWith } = fakeEtcd()
    const times: number[] = []
    answerWith(async () => {
      times.push(performance.now())
      throw new TypeError('fetch failed')
    })
    const watch = etcd.watch({ prefix: 'k', startRevision: 5 })
    const next = watch.next()
    await vi.advanceTimersByTimeAsync(20_000)
    const gaps = times.slice(1).map((time, index) => Math.round(time - (times[index] ?? 0)))
    expect(gaps.slice(0, 6)).toEqual([75, 150, 300, 600, 1200, 1500])
    expect(Math.max(...gaps)).toBe(1500)
    await watch.return?.()
    expect(await next).toMatchObject({ done: true })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a silent or old stream is canceled and opened anew at once, which is no interruption', async () => {
    const { streams, etcd } = fakeEtcd()
    const states: WatchState[] = []
    const onState = (state: WatchState) => states.push(state)
    const watch = etcd.watch({ prefix: 'k', startRevision: 5, idleMs: 1000, maxAgeMs: 2500, onState })
    const next = watch.next()
    await settle()
    streams[0]?.send(created())
    await vi.advanceTimersByTimeAsync(1000)
    expect(streams).toHaveLength(2)
    expect([streams[0]?.canceled, streams[0]?.init.signal.aborted]).toEqual([true, true])
    for (let beat = 0; beat < 5; beat++) {
      streams[1]?.send('\n')
      await vi.advanceTimersByTimeAsync(500)
    }
    expect(streams).toHaveLength(3)
    expect(states.every(({ state }) => state === 'connected')).toBe(true)
    streams[2]?.send(created() + put(5))
    expect((await next).value).toMatchObject({ revision: 5 })
    await watch.return?.()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('says what may be in between when no headers come', async () => {
    const states: WatchState[] = []
    const fetch: FetchLike = (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const silent = createEtcdClient({ endpoints: ['http://etcd:2379'], fetch })
    const watch = silent.watch({ prefix: 'k', startRevision: 5, onState: (state) => states.push(state) })
    const next = watch.next()
    await vi.advanceTimersByTimeAsync(5000)
    expect(states[0]).toMatchObject({
      state: 'interrupted',
      error: { code: 'DEADLINE', message: expect.stringContaining('grpc-proxy') },
    })
    await watch.return?.()
    await next
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ['permission denied', '{"code":7,"message":"etcdserver: permission denied"}', 403, { code: 'AUTH', grpcCode: 7 }],
    ['a gateway that is switched off', '404 page not found', 404, { code: 'PROTOCOL', status: 404 }],
  ])('does not open again what cannot work: %s', async (_, text, status, error) => {
    const { etcd, answerWith } = fakeEtcd()
    answerWith(async () => new Response(text, { status }))
    await expect(etcd.watch({ prefix: 'k', startRevision: 5 }).next()).rejects.toMatchObject(error)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a proxy’s page in mid-stream is an interruption, not an event', async () => {
    const { streams, etcd } = fakeEtcd()
    const states: WatchState[] = []
    const watch = etcd.watch({ prefix: 'k', startRevision: 5, onState: (state) => states.push(state) })
    const next = watch.next()
    await settle()
    streams[0]?.send(`${created()}<html>Bad Gateway</html>\n`)
    await vi.advanceTimersByTimeAsync(100)
    expect(states[1]).toMatchObject({ state: 'interrupted', error: { code: 'PROTOCOL' } })
    await watch.return?.()
    await next
  })

  it('reads no further than its reader asks, and forgets nothing when a slow reader outlives the stream', async () => {
    const { streams, etcd } = fakeEtcd()
    const watch = etcd.watch({ prefix: 'k', startRevision: 5, idleMs: 1000, maxAgeMs: 5000 })
    const first = watch.next()
    await settle()
    streams[0]?.send(created() + put(5))
    await first
    streams[0]?.send(put(6))
    await vi.advanceTimersByTimeAsync(4000)
    expect(streams[0]?.canceled).toBe(false)
    expect((await watch.next()).value).toMatchObject({ revision: 6 })
    await vi.advanceTimersByTimeAsync(60_000)
    const second = watch.next()
    await settle()
    expect(streams[1]?.startRevision).toBe('7')
    streams[1]?.send(created() + put(7))
    expect((await second).value).toMatchObject({ revision: 7 })
    await watch.return?.()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a reset is told when the stream is closed, for whoever takes it and never asks again', async () => {
    const { streams, etcd } = fakeEtcd()
    const next = etcd.watch({ prefix: 'k', startRevision: 5 }).next()
    await settle()
    streams[0]?.send(created() + line({ canceled: true, compact_revision: '9' }))
    expect((await next).value).toEqual({ type: 'reset', reason: 'compacted' })
    expect([streams[0]?.canceled, streams[0]?.init.signal.aborted]).toEqual([true, true])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('an abort while nobody reads closes the stream at once, and the next read gives its reason, not what was left', async () => {
    const { streams, etcd } = fakeEtcd()
    const controller = new AbortController()
    const watch = etcd.watch({ prefix: 'k', startRevision: 5, signal: controller.signal })
    const first = watch.next()
    await settle()
    streams[0]?.send(created() + put(5) + put(6) + put(7))
    expect((await first).value).toMatchObject({ revision: 5 })
    const reason = new Error('enough')
    controller.abort(reason)
    await settle()
    expect([streams[0]?.canceled, vi.getTimerCount()]).toEqual([true, 0])
    await expect(watch.next()).rejects.toBe(reason)
    expect(await watch.next()).toEqual({ done: true, value: undefined })
  })

  it('a stream that a fetch opens although the call was aborted meanwhile is canceled', async () => {
    const { etcd, answerWith } = fakeEtcd()
    const controller = new AbortController()
    const cancel = vi.fn()
    let open = (_: Response) => {}
    answerWith(() => new Promise((resolve) => (open = resolve)))
    const next = etcd.watch({ prefix: 'k', startRevision: 5, signal: controller.signal }).next()
    const failure = expect(next).rejects.toBe('mine')
    await settle()
    controller.abort('mine')
    open(new Response(new ReadableStream({ cancel })))
    await failure
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('an aborted signal opens nothing', async () => {
    const { streams, etcd } = fakeEtcd()
    const watch = etcd.watch({ prefix: 'k', startRevision: 5, signal: AbortSignal.abort('no') })
    await expect(watch.next()).rejects.toBe('no')
    expect(streams).toEqual([])
  })

  it('yields progress when asked for, and moves its point of resumption by it either way', async () => {
    for (const progressNotify of [true, false]) {
      const { streams, etcd } = fakeEtcd()
      const watch = etcd.watch({ prefix: 'k', startRevision: 5, progressNotify, idleMs: 1000 })
      const next = watch.next()
      await settle()
      streams[0]?.send(created() + line({ header: header(20) }))
      if (progressNotify) expect((await next).value).toEqual({ type: 'progress', revision: 20 })
      const after = progressNotify ? watch.next() : next
      await vi.advanceTimersByTimeAsync(1000)
      expect(streams[1]?.startRevision).toBe('21')
      await watch.return?.()
      await after
    }
  })
})
