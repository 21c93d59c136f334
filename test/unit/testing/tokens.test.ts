import { createEtcdClient } from 'etcd-edge/http-client'
import { createEtcdSimulator, type EtcdSimulatorOptions } from 'etcd-edge/testing'
import { describe, expect, test } from 'vitest'

const endpoints = ['http://etcd.test']

/** A simulator with authentication on, a client as root, and a note of the calls of a client as alice. */
async function withAuth(options: EtcdSimulatorOptions) {
  const simulator = createEtcdSimulator(options)
  const open = createEtcdClient({ endpoints, fetch: simulator.fetch })
  await open.auth.userAdd('root', 'r')
  await open.auth.userGrantRole('root', 'root')
  await open.auth.userAdd('alice', 'a')
  await open.auth.roleAdd('all')
  await open.auth.roleGrantPermission('all', 'readwrite', { prefix: '' })
  await open.auth.userGrantRole('alice', 'all')
  await open.auth.enable()
  const calls: string[] = []
  const root = createEtcdClient({ endpoints, fetch: simulator.fetch, auth: { username: 'root', password: 'r' } })
  const alice = createEtcdClient({
    endpoints,
    auth: { username: 'alice', password: 'a' },
    fetch(input, init) {
      calls.push(input.replace(/^.*\/v3\//, ''))
      return simulator.fetch(input, init)
    },
  })
  return { simulator, root, alice, calls }
}

describe('simple tokens', () => {
  test('live for as long as they are used, and no longer', async () => {
    const { simulator, alice, calls } = await withAuth({ authTokenTtlSeconds: 10 })
    for (let time = 0; time < 4; time++) {
      await alice.kv.get('a')
      simulator.advance(8000)
    }
    expect(calls).toEqual(['auth/authenticate', ...Array(4).fill('kv/range')])
    simulator.advance(3000)
    await alice.kv.get('a')
    expect(calls.slice(5)).toEqual(['kv/range', 'auth/authenticate', 'kv/range'])
  })

  test('outlive a change of other users and of roles', async () => {
    const { root, alice, calls } = await withAuth({})
    await alice.kv.get('a')
    await root.auth.roleAdd('more')
    await alice.kv.get('a')
    expect(calls).toEqual(['auth/authenticate', 'kv/range', 'kv/range'])
  })
})

describe('jwt tokens', () => {
  test('are of an old revision after any change, and the client logs in again', async () => {
    const { root, alice, calls } = await withAuth({ authTokens: 'jwt' })
    await alice.kv.get('a')
    await root.auth.roleAdd('more')
    await alice.kv.get('a')
    expect(calls).toEqual(['auth/authenticate', 'kv/range', 'kv/range', 'auth/authenticate', 'kv/range'])
  })

  test('end at a fixed time, used or not', async () => {
    const { simulator, alice, calls } = await withAuth({ authTokens: 'jwt', authTokenTtlSeconds: 10 })
    await alice.kv.get('a')
    simulator.advance(6000)
    await alice.kv.get('a')
    simulator.advance(6000)
    await alice.kv.get('a')
    expect(calls.filter((call) => call === 'auth/authenticate')).toHaveLength(2)
  })

  test('of an old revision end a watch that is opened with them, and the client opens it again', async () => {
    const { root, alice } = await withAuth({ authTokens: 'jwt' })
    await alice.kv.get('a')
    await root.auth.roleAdd('more')
    const { revision } = await root.kv.put('w', '1')
    const watch = alice.watch({ prefix: 'w', startRevision: revision })
    expect((await watch.next()).value).toMatchObject({ type: 'events', revision })
    await watch.return?.()
  })
})

describe('routes beside keys', () => {
  test.each(['v1', 'v2'] as const)('%s tells its one member and no alarm', async (dialect) => {
    const { fetch, version } = createEtcdSimulator({ dialect })
    const etcd = createEtcdClient({ endpoints, fetch })
    const [member] = await etcd.cluster.memberList()
    expect(await etcd.status()).toMatchObject({ version, memberId: member?.memberId, leaderId: member?.memberId })
    expect(await etcd.maintenance.alarmList()).toEqual([])
    expect(await etcd.auth.status()).toMatchObject({ enabled: false, authRevision: 1 })
  })
})
