import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { describe, expect, test } from 'vitest'
import { eventsOf, list, post, put, watch } from './gateway-calls.ts'

const key = btoa('a')
const other = btoa('b')

function txn(simulator: EtcdSimulator, body: object) {
  return post<{ succeeded?: boolean; responses?: object[]; message?: string; code?: number }>(
    simulator,
    '/v3/kv/txn',
    body,
  )
}

async function succeeds(simulator: EtcdSimulator, compare: object): Promise<boolean> {
  return (await txn(simulator, { compare: [compare] })).json.succeeded ?? false
}

describe('compares', () => {
  test('an absent key has version, revisions and lease 0', async () => {
    const simulator = createEtcdSimulator()
    for (const target of ['VERSION', 'CREATE', 'MOD', 'LEASE']) {
      expect(await succeeds(simulator, { key, target }), target).toBe(true)
      expect(await succeeds(simulator, { key, target, result: 'NOT_EQUAL' }), target).toBe(false)
    }
  })

  test('the value of an absent key compares with nothing, not even as NOT_EQUAL', async () => {
    const simulator = createEtcdSimulator()
    for (const result of ['EQUAL', 'NOT_EQUAL', 'LESS', 'GREATER']) {
      expect(await succeeds(simulator, { key, target: 'VALUE', result, value: '' }), result).toBe(false)
    }
  })

  test('an operand of another target counts as none', async () => {
    const simulator = createEtcdSimulator()
    await put(simulator, 'a', 'x')
    expect(await succeeds(simulator, { key, target: 'VERSION', mod_revision: 1 })).toBe(false)
    expect(await succeeds(simulator, { key, target: 'VERSION', result: 'GREATER', mod_revision: 99 })).toBe(true)
  })

  test('a compare of a range holds for all of its keys; an empty range is one key that is absent', async () => {
    const simulator = createEtcdSimulator()
    await put(simulator, 'a')
    await put(simulator, 'b')
    await put(simulator, 'b')
    const range = { key, range_end: btoa('z'), target: 'VERSION' }
    expect(await succeeds(simulator, { ...range, version: 1 })).toBe(false)
    expect(await succeeds(simulator, { ...range, result: 'GREATER' })).toBe(true)
    expect(await succeeds(simulator, { ...range, key: btoa('x') })).toBe(true)
  })

  test('leases are compared by all of their 63 bits', async () => {
    const simulator = createEtcdSimulator()
    await post(simulator, '/v3/lease/grant', { ID: '9223372036854775806', TTL: 60 })
    await put(simulator, 'a', '', { lease: '9223372036854775806' })
    expect(await succeeds(simulator, { key, target: 'LEASE', lease: '9223372036854775806' })).toBe(true)
    expect(await succeeds(simulator, { key, target: 'LEASE', lease: '9223372036854775807' })).toBe(false)
  })
})

describe('operations', () => {
  test('inner headers hold the revision alone, a nested one nothing', async () => {
    const simulator = createEtcdSimulator()
    const nested = { success: [{ request_put: { key: other } }] }
    const { json } = await txn(simulator, {
      success: [{ request_range: { key } }, { request_put: { key } }, { request_txn: nested }],
    })
    expect(json.responses).toEqual([
      { response_range: { header: { revision: '1' } } },
      { response_put: { header: { revision: '2' } } },
      { response_txn: { header: {}, succeeded: true, responses: [{ response_put: { header: { revision: '2' } } }] } },
    ])
  })

  test('compares of nested transactions see what was there before the first operation', async () => {
    const simulator = createEtcdSimulator()
    const isAbsent = { key, target: 'CREATE' }
    const { json } = await txn(simulator, {
      success: [
        { request_put: { key } },
        { request_txn: { compare: [isAbsent], success: [{ request_range: { key, count_only: true } }] } },
      ],
    })
    expect(json.responses?.[1]).toMatchObject({
      response_txn: { succeeded: true, responses: [{ response_range: { count: '1' } }] },
    })
  })

  test('all changes have one revision and are watched in the order of the operations', async () => {
    const simulator = createEtcdSimulator()
    await put(simulator, 'gone')
    const stream = await watch(simulator, { key: '', range_end: 'AA==' })
    await stream.next()
    await txn(simulator, {
      success: [
        { request_put: { key: btoa('z') } },
        { request_delete_range: { key: btoa('gone') } },
        { request_put: { key } },
      ],
    })
    expect(eventsOf(await stream.next())).toEqual(['z=@3', '-gone@3', 'a=@3'])
    await stream.cancel()
  })

  test('nothing is written when one operation is refused', async () => {
    const simulator = createEtcdSimulator()
    for (const refused of [
      { request_put: { key: other, lease: '404' } },
      { request_put: { key: other, ignore_value: true } },
      { request_range: { key: other, revision: 99 } },
    ]) {
      expect((await txn(simulator, { success: [{ request_put: { key } }, refused] })).json.code).toBeTypeOf('number')
    }
    expect(await list(simulator, '\0', '\0')).toEqual([])
    expect(simulator.revision()).toBe(1)
  })

  test('which of two errors wins: the first operation since 3.6, a put before', async () => {
    const success = [{ request_range: { key, revision: 99 } }, { request_put: { key, lease: '404' } }]
    expect((await txn(createEtcdSimulator({ dialect: 'v2' }), { success })).json.code).toBe(11)
    expect((await txn(createEtcdSimulator({ dialect: 'v1' }), { success })).json.code).toBe(5)
  })

  test('an operation without content is refused', async () => {
    const { json } = await txn(createEtcdSimulator(), { success: [{}] })
    expect(json).toEqual({ code: 3, message: 'etcdserver: key not found' })
  })
})

describe('limits', () => {
  const reads = (count: number) => Array.from({ length: count }, () => ({ request_range: { key } }))

  test('128 operations are allowed, 129 are not', async () => {
    const simulator = createEtcdSimulator()
    expect((await txn(simulator, { success: reads(128) })).status).toBe(200)
    expect((await txn(simulator, { success: reads(129) })).json).toEqual({
      code: 3,
      message: 'etcdserver: too many operations in txn request',
    })
  })

  test('a nested transaction has what the outer one leaves', async () => {
    const simulator = createEtcdSimulator()
    const outer = (nested: number) => ({ success: [...reads(99), { request_txn: { success: reads(nested) } }] })
    expect((await txn(simulator, outer(28))).status).toBe(200)
    expect((await txn(simulator, outer(29))).status).toBe(400)
  })
})

describe('overlaps', () => {
  const write = { request_put: { key } }
  const erase = { request_delete_range: { key, range_end: btoa('z') } }
  const isRefused = async (success: object[]) => (await txn(createEtcdSimulator(), { success })).status === 400

  test('a key may not be put twice, nor put and deleted, however deep', async () => {
    expect(await isRefused([write, write])).toBe(true)
    expect(await isRefused([write, erase])).toBe(true)
    expect(await isRefused([write, { request_txn: { success: [write] } }])).toBe(true)
    expect(await isRefused([write, { request_txn: { failure: [erase] } }])).toBe(true)
  })

  test('both branches of a nested transaction may put the same key', async () => {
    expect(await isRefused([{ request_txn: { success: [write], failure: [write] } }])).toBe(false)
  })

  test('etcd overlooks a deletion without an upper end', async () => {
    const success = [write, { request_delete_range: { key, range_end: 'AA==' } }]
    expect(await isRefused(success)).toBe(false)
  })
})
