import { createEtcdSimulator } from 'etcd-edge/testing'
import { expect, test } from 'vitest'
import { list, post, put, remove } from './gateway-calls.ts'

const compacted = { code: 11, message: 'etcdserver: mvcc: required revision has been compacted' }
const future = { code: 11, message: 'etcdserver: mvcc: required revision is a future revision' }

test('a range at an old revision sees the keys as they were', async () => {
  const simulator = createEtcdSimulator()
  const first = await put(simulator, 'a', '1')
  const second = await put(simulator, 'b', '1')
  await put(simulator, 'a', '2')
  await remove(simulator, 'b')

  expect(await list(simulator, 'a', 'z', { revision: first })).toEqual([{ key: 'a', value: '1' }])
  expect(await list(simulator, 'a', 'z', { revision: second })).toEqual([
    { key: 'a', value: '1' },
    { key: 'b', value: '1' },
  ])
  expect(await list(simulator, 'a', 'z')).toEqual([{ key: 'a', value: '2' }])
  expect(await list(simulator, 'a', 'z', { revision: 1 })).toEqual([])
})

test('a key that is put again after a deletion starts over: new creation revision, version 1', async () => {
  const simulator = createEtcdSimulator()
  await put(simulator, 'a')
  await put(simulator, 'a')
  await remove(simulator, 'a')
  const revision = await put(simulator, 'a')

  const { json } = await post(simulator, '/v3/kv/range', { key: btoa('a') })
  expect(json).toMatchObject({
    kvs: [{ create_revision: String(revision), mod_revision: String(revision), version: '1' }],
  })
})

test('a future revision is refused', async () => {
  const simulator = createEtcdSimulator()
  const { status, json } = await post(simulator, '/v3/kv/range', { key: btoa('a'), revision: simulator.revision() + 1 })
  expect([status, json]).toEqual([400, future])
})

test('compaction keeps what every key was at its revision and forgets the rest', async () => {
  const simulator = createEtcdSimulator()
  await put(simulator, 'a', '1')
  await put(simulator, 'gone', '1')
  await put(simulator, 'a', '2')
  await remove(simulator, 'gone')
  const revision = simulator.revision()
  await put(simulator, 'a', '3')
  expect((await post(simulator, '/v3/kv/compaction', { revision })).status).toBe(200)

  expect(await list(simulator, 'a', 'z', { revision })).toEqual([{ key: 'a', value: '2' }])
  expect(await list(simulator, 'a', 'z')).toEqual([{ key: 'a', value: '3' }])
  expect((await post(simulator, '/v3/kv/range', { key: btoa('a'), revision: revision - 1 })).json).toEqual(compacted)
})

test('compacting twice, backwards or into the future is refused', async () => {
  const simulator = createEtcdSimulator()
  const revision = await put(simulator, 'a')
  await post(simulator, '/v3/kv/compaction', { revision })

  expect((await post(simulator, '/v3/kv/compaction', { revision })).json).toEqual(compacted)
  expect((await post(simulator, '/v3/kv/compaction', { revision: revision - 1 })).json).toEqual(compacted)
  expect((await post(simulator, '/v3/kv/compaction', { revision: revision + 1 })).json).toEqual(future)
})

test('keys are in the order of their bytes, not of their text', async () => {
  const simulator = createEtcdSimulator()
  for (const key of ['\xff', 'b', '\0', 'a\0', 'a', 'a/b']) await put(simulator, key)

  const keys = (await list(simulator, '\0', '\0')).map(({ key }) => key)
  expect(keys).toEqual(['\0', 'a', 'a\0', 'a/b', 'b', '\xff'])
  expect((await list(simulator, 'a', 'b')).map(({ key }) => key)).toEqual(['a', 'a\0', 'a/b'])
  expect((await list(simulator, 'b', '\0')).map(({ key }) => key)).toEqual(['b', '\xff'])
  expect(await list(simulator, 'b', 'a')).toEqual([])
})

test('a limit without an order cuts before a sort by target does, as in etcd', async () => {
  const simulator = createEtcdSimulator()
  for (const key of ['c', 'b', 'a']) await put(simulator, key)

  const oldest = { range_end: btoa('z'), limit: 1, sort_target: 'MOD' }
  // a and b are read, b is older; c, the oldest of all, is not.
  expect(await list(simulator, 'a', 'z', oldest)).toMatchObject([{ key: 'b' }])
  expect(await list(simulator, 'a', 'z', { ...oldest, sort_order: 'ASCEND' })).toMatchObject([{ key: 'c' }])
})

test('a negative limit is no limit', async () => {
  const simulator = createEtcdSimulator()
  for (const key of ['a', 'b']) await put(simulator, key)
  expect(await list(simulator, 'a', 'z', { limit: -1 })).toHaveLength(2)
})
