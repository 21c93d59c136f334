import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { eventsOf, open, post, put, remove, type WatchLine, watch } from './gateway-calls.ts'

const everything = { key: '', range_end: 'AA==' }

async function putMany(simulator: EtcdSimulator, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await put(simulator, 'a', String(i))
}

afterEach(() => {
  vi.useRealTimers()
})

describe('history', () => {
  test('a watch from an old revision replays it and goes on with what happens', async () => {
    const simulator = createEtcdSimulator()
    await put(simulator, 'a', '1')
    await remove(simulator, 'a')
    await put(simulator, 'b', '1')
    const stream = await watch(simulator, { ...everything, start_revision: 2 })

    expect(await stream.next()).toMatchObject({ result: { created: true, header: { revision: '4' } } })
    expect(eventsOf(await stream.next())).toEqual(['a=1@2', '-a@3', 'b=1@4'])
    await put(simulator, 'c', '1')
    expect(eventsOf(await stream.next())).toEqual(['c=1@5'])
    await stream.cancel()
  })

  test('a thousand revisions come per message, each with the current revision in its header', async () => {
    const simulator = createEtcdSimulator()
    await putMany(simulator, 2500)
    const stream = await watch(simulator, { ...everything, start_revision: 2 })
    await stream.next()
    for (const count of [1000, 1000, 500]) {
      const line = await stream.next()
      expect(eventsOf(line)).toHaveLength(count)
      expect(line?.result?.header?.revision).toBe('2501')
    }
    await stream.cancel()
  })

  test('the previous value comes if asked for, but not for a creation nor from before a compaction', async () => {
    const simulator = createEtcdSimulator()
    for (const value of ['1', '2', '3']) await put(simulator, 'a', value)
    await remove(simulator, 'a')
    const previous = async () => {
      const stream = await watch(simulator, { ...everything, start_revision: 3, prev_kv: true })
      await stream.next()
      const line = await stream.next()
      await stream.cancel()
      return line?.result?.events?.map((event) => event.prev_kv?.value)
    }
    expect(await previous()).toEqual([btoa('1'), btoa('2'), btoa('3')])
    await post(simulator, '/v3/kv/compaction', { revision: 3 })
    expect(await previous()).toEqual([undefined, btoa('2'), btoa('3')])
  })

  test('a watch that starts at the compacted revision is served, one before it is canceled and the stream stays open', async () => {
    const simulator = createEtcdSimulator()
    await putMany(simulator, 3)
    await post(simulator, '/v3/kv/compaction', { revision: 3 })
    const creates = [2, 3].map((start_revision) => ({ create_request: { ...everything, start_revision } }))
    const stream = await open(simulator, '/v3/watch', creates)
    const lines = [await stream.next(), await stream.next(), await stream.next(), await stream.next()]
    expect(lines).toMatchObject([
      { result: { created: true } },
      { result: { created: true, watch_id: '1' } },
      { result: { canceled: true, compact_revision: '3' } },
      { result: { watch_id: '1' } },
    ])
    expect(lines[2]?.result?.header).not.toHaveProperty('revision')
    expect(eventsOf(lines[3])).toEqual(['a=1@3', 'a=2@4'])
    expect(simulator.watcherCount()).toBe(1)
    await stream.cancel()
  })
})

describe('several watchers', () => {
  test('share a stream, each with its id and only its keys', async () => {
    const simulator = createEtcdSimulator()
    const stream = await open(simulator, '/v3/watch', [
      { create_request: { key: btoa('a'), watch_id: 1 } },
      { create_request: { key: btoa('b') } },
      { create_request: { key: btoa('c') } },
    ])
    const ids = [await stream.next(), await stream.next(), await stream.next()].map((line) => line?.result?.watch_id)
    expect(ids).toEqual(['1', undefined, '2'])
    await put(simulator, 'c')
    expect(await stream.next()).toMatchObject({ result: { watch_id: '2' } })
    await stream.cancel()
  })

  test('a canceled watcher hears no more; the others do', async () => {
    const simulator = createEtcdSimulator()
    const stream = await open(simulator, '/v3/watch', [
      { create_request: everything },
      { create_request: everything },
      { cancel_request: { watch_id: 0 } },
      { cancel_request: { watch_id: 9 } },
    ])
    await stream.next()
    await stream.next()
    expect(await stream.next()).toMatchObject({ result: { canceled: true } })
    await put(simulator, 'a')
    expect(await stream.next()).toMatchObject({ result: { watch_id: '1' } })
    expect(simulator.watcherCount()).toBe(1)
    await stream.cancel()
  })

  test.each([
    [{ key: btoa('b'), range_end: btoa('a') }, 'mvcc: watcher range is empty'],
    [{ key: btoa('a'), watch_id: 5 }, 'mvcc: duplicate watch ID provided on the WatchStream'],
    [{ key: btoa('a'), start_revision: -1 }, 'etcdserver: mvcc: required revision has been compacted'],
  ])('one that cannot be created is created and canceled at once: %j', async (create_request, cancel_reason) => {
    const simulator = createEtcdSimulator()
    const stream = await open(simulator, '/v3/watch', [
      { create_request: { ...everything, watch_id: 5 } },
      { create_request },
    ])
    await stream.next()
    const refused = { created: true, canceled: true, watch_id: '-1', cancel_reason }
    expect(await stream.next()).toMatchObject({ result: refused })
    expect(simulator.watcherCount()).toBe(1)
    await stream.cancel()
  })
})

test('filters leave out puts or deletions', async () => {
  const simulator = createEtcdSimulator()
  await put(simulator, 'a')
  await remove(simulator, 'a')
  for (const [filter, events] of [
    ['NOPUT', ['-a@3']],
    ['NODELETE', ['a=@2']],
  ] as const) {
    const stream = await watch(simulator, { ...everything, start_revision: 2, filters: [filter] })
    await stream.next()
    expect(eventsOf(await stream.next())).toEqual(events)
    await stream.cancel()
  }
})

test('a message beyond 2 MiB is cut into fragments if the watcher asked for them', async () => {
  const simulator = createEtcdSimulator()
  const megabyte = 'x'.repeat(1024 * 1024)
  for (const key of ['a', 'b', 'c']) await put(simulator, key, megabyte)
  const lines: (WatchLine | undefined)[] = []
  const stream = await watch(simulator, { ...everything, start_revision: 2, fragment: true })
  await stream.next()
  for (let i = 0; i < 3; i++) lines.push(await stream.next())
  expect(lines.map((line) => line?.result?.fragment ?? false)).toEqual([true, true, false])
  expect(lines.flatMap((line) => line?.result?.events ?? []).map(({ kv }) => atob(kv.key))).toEqual(['a', 'b', 'c'])
  await stream.cancel()
})

describe('progress', () => {
  test('on request it has the id -1, but nothing comes while a watcher starts in the future', async () => {
    const simulator = createEtcdSimulator()
    const ask = async (create: object) => {
      const stream = await open(simulator, '/v3/watch', [{ create_request: create }, { progress_request: {} }])
      await stream.next()
      await put(simulator, 'a')
      const line = await stream.next()
      await stream.cancel()
      return line
    }
    expect(await ask(everything)).toMatchObject({ result: { watch_id: '-1', header: { revision: '1' } } })
    expect(eventsOf(await ask({ ...everything, start_revision: 3 }))).toEqual(['a=@3'])
  })

  test('unasked it comes every ten minutes in which nothing else came', async () => {
    vi.useFakeTimers()
    const simulator = createEtcdSimulator()
    const stream = await watch(simulator, { ...everything, progress_notify: true })
    await stream.next()
    await vi.advanceTimersByTimeAsync(599_999)
    await put(simulator, 'a')
    await vi.advanceTimersByTimeAsync(600_001)
    expect(eventsOf(await stream.next())).toEqual(['a=@2'])
    const progress = await stream.next()
    expect(progress?.result).toEqual({ header: expect.objectContaining({ revision: '2' }) })
    await stream.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a slow reader', () => {
  test('loses nothing: it goes on from history', async () => {
    const simulator = createEtcdSimulator()
    const stream = await watch(simulator, everything)
    await stream.next()
    await putMany(simulator, 1000)
    const events: string[] = []
    let lines = 0
    while (events.length < 1000) {
      events.push(...eventsOf(await stream.next()))
      lines++
    }
    expect(events).toEqual(Array.from({ length: 1000 }, (_, i) => `a=${i}@${i + 2}`))
    // 128 messages wait, the rest is read from history at once.
    expect(lines).toBe(129)
    await stream.cancel()
  })

  test('is canceled when what it has not read is compacted', async () => {
    const simulator = createEtcdSimulator()
    const stream = await watch(simulator, everything)
    await stream.next()
    await putMany(simulator, 200)
    await post(simulator, '/v3/kv/compaction', { revision: 201 })
    for (let i = 0; i < 128; i++) await stream.next()
    expect(await stream.next()).toMatchObject({ result: { canceled: true, compact_revision: '201' } })
    expect(simulator.watcherCount()).toBe(0)
    await stream.cancel()
  })
})
