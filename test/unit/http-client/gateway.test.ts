import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdClient, type EtcdClient, type FetchLike } from '../../../src/http-client/index.ts'

const answer = (body: unknown, status = 200) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status })
const range = answer.bind(null, { header: { cluster_id: '14841639068965178418', revision: '7' }, count: '0' })
const clientOf = (...fetches: FetchLike[]): EtcdClient =>
  createEtcdClient({ endpoints: fetches.map((fetch, index) => ({ url: `http://etcd-${index + 1}:2379/`, fetch })) })
/** As the real one: it waits until it is aborted, and fails at once when it is already. */
const never: FetchLike = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
const refused: FetchLike = async () => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) })
}

describe('a unary call', () => {
  it('is one POST of JSON with proto field names, below /v3', async () => {
    const fetch = vi.fn<FetchLike>(async () => range())
    const { revision, clusterId } = await clientOf(fetch).kv.list({ prefix: 'a', limit: 2, keysOnly: true })
    expect([revision, clusterId]).toEqual([7, '14841639068965178418'])
    expect(fetch).toHaveBeenCalledTimes(1)
    const [url, init] = fetch.mock.calls[0] ?? []
    expect(url).toBe('http://etcd-1:2379/v3/kv/range')
    expect(init?.method).toBe('POST')
    expect(init?.headers).toEqual({ 'content-type': 'application/json', 'grpc-metadata-hasleader': 'true' })
    expect(JSON.parse(init?.body ?? '')).toEqual({ key: 'YQ==', range_end: 'Yg==', limit: '2', keys_only: true })
  })

  it('calls fetch without a receiver, which workerd and browsers insist on', async () => {
    let receiver: unknown = 'not called'
    const fetch: FetchLike = async function (this: unknown) {
      receiver = this
      return range()
    }
    await clientOf(fetch).kv.get('k')
    expect(receiver).toBeUndefined()
  })

  it('says that etcd cannot be reached, with the endpoint and the cause', async () => {
    await expect(clientOf(refused).kv.get('k')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
      endpoint: 'http://etcd-1:2379',
      message: 'kv/range: http://etcd-1:2379 cannot be reached',
    })
  })

  it('shows status and first bytes of an answer that is not the gateway’s', async () => {
    const proxy: FetchLike = async () => answer('<html>Sign in</html>', 200)
    await expect(clientOf(proxy).kv.get('k')).rejects.toMatchObject({ code: 'PROTOCOL', status: 200 })
    await expect(clientOf(proxy).kv.get('k')).rejects.toThrow('HTTP 200, "<html>Sign in</html>"')
  })

  it('refuses a revision that is no number, naming the field', async () => {
    const odd: FetchLike = async () => answer({ header: { revision: 'many' } })
    await expect(clientOf(odd).kv.list({ prefix: 'a' })).rejects.toThrow('"header.revision"')
  })
})

/** A connection that breaks when the call has left: nobody knows whether it ran. */
const broken: FetchLike = async () => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }) })
}
const says =
  (status: number, code: number, message: string): FetchLike =>
  async () =>
    answer({ code, message }, status)

describe('several endpoints', () => {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('begins at a random one, so that a fleet does not begin at one and the same', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.99)
    const [first, second] = [vi.fn<FetchLike>(async () => range()), vi.fn<FetchLike>(async () => range())]
    await clientOf(first, second).kv.get('k')
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1])
  })

  it('a read goes on to the next one, and later calls start there', async () => {
    const second = vi.fn<FetchLike>(async () => range())
    const first = vi.fn(broken)
    const etcd = clientOf(first, second)
    await etcd.kv.get('k')
    await etcd.kv.get('k')
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 2])
  })

  it('leaves a failed one alone for a while that doubles, and takes it for good again after a success', async () => {
    vi.useFakeTimers()
    let firstWorks = false
    const first = vi.fn<FetchLike>(async () => (firstWorks ? range() : broken('', {} as never)))
    const second = vi.fn<FetchLike>(async () => {
      throw new TypeError('down')
    })
    const etcd = clientOf(first, second)
    const attempts = async () => {
      first.mockClear()
      second.mockClear()
      await etcd.kv.get('k').catch(() => {})
      return [first.mock.calls.length, second.mock.calls.length]
    }
    expect(await attempts()).toEqual([1, 1])
    // Both are left alone: the one whose time is over first is tried, then the other.
    expect(await attempts()).toEqual([1, 1])
    firstWorks = true
    await vi.advanceTimersByTimeAsync(2000)
    expect(await attempts()).toEqual([1, 0])
    expect(await attempts()).toEqual([1, 0])
    vi.useRealTimers()
  })

  it('one that never answers leaves time for the others', async () => {
    vi.useFakeTimers()
    const call = clientOf(never, async () => range()).kv.list({ prefix: 'a', timeoutMs: 1000 })
    await vi.advanceTimersByTimeAsync(500)
    expect((await call).revision).toBe(7)
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('a write whose fate is unknown is never repeated', async () => {
    const second = vi.fn<FetchLike>(async () => answer({}))
    const put = clientOf(broken, second).kv.put('k', 'v')
    await expect(put).rejects.toMatchObject({ code: 'UNAVAILABLE', notExecuted: false, endpoint: 'http://etcd-1:2379' })
    expect(second).not.toHaveBeenCalled()
  })

  it('… unless the caller says that running it twice does no harm', async () => {
    const second = vi.fn<FetchLike>(async () => answer({ header: { revision: '9' } }))
    const etcd = clientOf(broken, second)
    expect((await etcd.kv.put('k', 'v', { idempotent: true })).revision).toBe(9)
  })

  it.each([
    ['no connection was made', refused],
    ['the member has no leader', says(503, 14, 'etcdserver: no leader')],
    ['the member is a learner', says(503, 14, 'etcdserver: rpc not supported for learner')],
    ['the member is too busy', says(500, 2, 'etcdserver: too many requests')],
  ])('a write that surely did not run is repeated: %s', async (_, first) => {
    const second = vi.fn<FetchLike>(async () => answer({ header: { revision: '9' } }))
    expect((await clientOf(first, second).kv.put('k', 'v')).revision).toBe(9)
  })

  it('an error that another endpoint would repeat ends the call', async () => {
    const second = vi.fn<FetchLike>(async () => range())
    const denied = says(403, 7, 'etcdserver: permission denied')
    await expect(clientOf(denied, second).kv.get('k')).rejects.toMatchObject({ code: 'AUTH' })
    expect(second).not.toHaveBeenCalled()
  })

  it('a read from the only endpoint is tried once more, for a pooled connection that the other side has closed', async () => {
    const only = vi.fn<FetchLike>(async () => range())
    only.mockImplementationOnce(broken)
    expect((await clientOf(only).kv.list({ prefix: 'a' })).revision).toBe(7)
    expect(only).toHaveBeenCalledTimes(2)
  })
})

describe('time and abort', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('a silent etcd is a DeadlineError after timeoutMs, of the call before that of the client', async () => {
    const call = clientOf(never).kv.get('k')
    const short = clientOf(never).kv.get('k', { timeoutMs: 100 })
    const failures = Promise.all([
      expect(call).rejects.toMatchObject({ code: 'DEADLINE', message: expect.stringContaining('within 3000 ms') }),
      expect(short).rejects.toMatchObject({ code: 'DEADLINE', endpoint: 'http://etcd-1:2379' }),
    ])
    await vi.advanceTimersByTimeAsync(100)
    await expect(short).rejects.toBeDefined()
    await vi.advanceTimersByTimeAsync(2900)
    await failures
    expect(vi.getTimerCount()).toBe(0)
  })

  it('covers a body that never ends', async () => {
    const stalled: FetchLike = async (_, { signal }) =>
      new Response(
        new ReadableStream({
          start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
        }),
      )
    const failure = expect(clientOf(stalled).kv.get('k')).rejects.toMatchObject({ code: 'DEADLINE' })
    await vi.advanceTimersByTimeAsync(3000)
    await failure
  })

  it('the caller’s abort reason comes back unchanged, and neither timer nor listener is left', async () => {
    const controller = new AbortController()
    const added = vi.spyOn(controller.signal, 'addEventListener')
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const call = clientOf(never).kv.get('k', { signal: controller.signal })
    const reason = { mine: true }
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
    expect(removed.mock.calls.length).toBe(added.mock.calls.length)
  })

  it('an aborted signal sends nothing', async () => {
    const fetch = vi.fn<FetchLike>(async () => range())
    await expect(clientOf(fetch).kv.get('k', { signal: AbortSignal.abort('no') })).rejects.toBe('no')
    expect(fetch).not.toHaveBeenCalled()
  })

  it('a call that succeeds leaves no timer and no listener', async () => {
    const controller = new AbortController()
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    await clientOf(async () => range()).kv.get('k', { signal: controller.signal })
    expect(vi.getTimerCount()).toBe(0)
    expect(removed).toHaveBeenCalledTimes(1)
  })
})
