import { describe, expect, it, vi } from 'vitest'
import { sleep } from '../../../src/backoff.ts'
import { createEtcdClient, type EtcdClientOptions, type FetchLike } from '../../../src/http-client/index.ts'

/** An etcd that wants a token, and gives `token-1`, `token-2`, … one after the other. */
function guardedEtcd() {
  const state = { logins: 0, valid: '', open: true, refusal: { code: 16, message: 'etcdserver: invalid auth token' } }
  const tokens: (string | undefined)[] = []
  const fetch: FetchLike = async (url, { body, headers, signal }) => {
    if (url.endsWith('/auth/authenticate')) {
      state.logins += 1
      await sleep(30, signal)
      if (JSON.parse(body).password !== 'right') {
        const message = 'etcdserver: authentication failed, invalid user ID or password'
        return Response.json({ code: 3, message }, { status: 400 })
      }
      state.valid = `token-${state.logins}`
      return Response.json({ token: state.valid })
    }
    tokens.push(headers.authorization)
    if (!state.open || headers.authorization !== state.valid) return Response.json(state.refusal, { status: 401 })
    return Response.json({ header: { revision: '7' } })
  }
  const clientOf = (password: string | (() => string | Promise<string>), more: Partial<EtcdClientOptions> = {}) =>
    createEtcdClient({ endpoints: ['http://etcd:2379'], fetch, auth: { username: 'edge', password }, ...more })
  return { state, tokens, clientOf }
}

describe('a login', () => {
  it('is one, however many calls wait for it', async () => {
    const { state, tokens, clientOf } = guardedEtcd()
    const etcd = clientOf('right')
    await Promise.all(Array.from({ length: 100 }, () => etcd.kv.get('k')))
    expect(state.logins).toBe(1)
    expect(new Set(tokens)).toEqual(new Set(['token-1']))
  })

  it.each([
    { code: 16, message: 'etcdserver: invalid auth token' },
    { code: 3, message: 'etcdserver: revision of auth store is old' },
    { code: 3, message: 'etcdserver: user name is empty' },
  ])('is renewed once for all calls after "$message", reads and writes alike', async (refusal) => {
    const { state, clientOf } = guardedEtcd()
    const etcd = clientOf('right')
    await etcd.kv.get('k')
    state.refusal = refusal
    state.valid = 'another'
    await Promise.all([...Array(50).keys()].map((index) => (index % 2 ? etcd.kv.get('k') : etcd.kv.put('k', 'v'))))
    expect(state.logins).toBe(2)
  })

  it('that is refused is terminal, says so without the password, and is not tried again by all who wait', async () => {
    const { state, clientOf } = guardedEtcd()
    const etcd = clientOf('hunter2')
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => etcd.kv.get('k')))
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'AUTH', grpcCode: 3, retryable: false } })
      expect(String((result as PromiseRejectedResult).reason)).not.toMatch(/hunter2/)
    }
    expect(state.logins).toBe(1)
  })

  it('that gives a token which is no good is terminal after one more login', async () => {
    const { state, clientOf } = guardedEtcd()
    const etcd = clientOf('right')
    state.open = false
    await expect(etcd.kv.get('k')).rejects.toMatchObject({ code: 'AUTH', grpcCode: 16 })
    expect(state.logins).toBe(2)
  })

  it('asks for the password each time, so that it may have been rotated', async () => {
    const { state, clientOf } = guardedEtcd()
    const password = vi.fn(async () => 'right')
    const etcd = clientOf(password)
    await etcd.kv.get('k')
    state.valid = 'another'
    await etcd.kv.get('k')
    expect(password).toHaveBeenCalledTimes(2)
  })

  it('whose password cannot be had says that, with the cause', async () => {
    const { clientOf } = guardedEtcd()
    const cause = new Error('vault sealed')
    const etcd = clientOf(() => Promise.reject(cause))
    await expect(etcd.kv.get('k')).rejects.toMatchObject({ code: 'AUTH', cause, message: /^auth\.password/ })
  })

  it('is dropped where etcd has authentication switched off', async () => {
    const calls: string[] = []
    const fetch: FetchLike = async (url, { headers }) => {
      calls.push(`${new URL(url).pathname} ${headers.authorization ?? '-'}`)
      if (!url.endsWith('/auth/authenticate')) return Response.json({ header: {} })
      return Response.json({ code: 9, message: 'etcdserver: authentication is not enabled' }, { status: 400 })
    }
    const { clientOf } = guardedEtcd()
    const etcd = clientOf('right', { fetch })
    await etcd.kv.get('k')
    await etcd.kv.get('k')
    expect(calls).toEqual(['/v3/auth/authenticate -', '/v3/kv/range -', '/v3/kv/range -'])
  })

  it('that one caller aborts does not hold up the others', async () => {
    const { state, clientOf } = guardedEtcd()
    const etcd = clientOf('right')
    const controller = new AbortController()
    const first = etcd.kv.get('k', { signal: controller.signal })
    const second = etcd.kv.get('k')
    await vi.waitFor(() => expect(state.logins).toBe(1), { interval: 1 })
    controller.abort('mine')
    await expect(first).rejects.toBe('mine')
    await second
  })

  it.each([
    [{ username: '', password: 'x' }, /auth\.username/],
    [{ username: 'x', password: 5 as never }, /auth\.password/],
  ])('with wrong options is refused at once', (auth, message) => {
    expect(() => createEtcdClient({ endpoints: ['http://etcd:2379'], auth })).toThrow(message)
  })
})
