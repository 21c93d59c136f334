import { type Compare, compare, createEtcdClient, type EtcdClient, op, randomLeaseId } from 'etcd-edge/http-client'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { Fetch } from './exchange.ts'

export interface ClientTarget {
  readonly url: string
  readonly fetch: Fetch
}

/** What a user of the client may rely on, whichever gateway answers. */
export function clientSuite(target: () => ClientTarget): void {
  let etcd: EtcdClient
  let round = 0
  let prefix = ''

  beforeAll(() => {
    const { url, fetch } = target()
    etcd = createEtcdClient({ endpoints: [url], fetch })
  })
  beforeEach(() => {
    prefix = `/client/${++round}/`
  })
  test('a key that was put is read back, text and bytes', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const { revision } = await etcd.kv.put(`${prefix}ä😀`, bytes)
    const kv = await etcd.kv.get(`${prefix}ä😀`)
    expect(kv).toMatchObject({
      key: `${prefix}ä😀`,
      createRevision: revision,
      modRevision: revision,
      version: 1,
      leaseId: '0',
    })
    expect(kv?.valueBytes).toEqual(bytes)
    expect(await etcd.kv.get(`${prefix}nothing`)).toBeUndefined()
  })

  test('an empty value is stored when it is meant', async () => {
    await etcd.kv.put(`${prefix}empty`, '', { allowEmpty: true })
    expect((await etcd.kv.get(`${prefix}empty`))?.value).toBe('')
  })

  test('a put answers with what was there before, when asked', async () => {
    expect((await etcd.kv.put(`${prefix}a`, '1', { prevKv: true })).prevKv).toBeUndefined()
    expect((await etcd.kv.put(`${prefix}a`, '2', { prevKv: true })).prevKv?.value).toBe('1')
    expect((await etcd.kv.put(`${prefix}a`, '3')).prevKv).toBeUndefined()
  })

  test('a list has limit, order, count and its revision, which can be read again later', async () => {
    for (const name of ['b', 'a', 'c']) await etcd.kv.put(prefix + name, name)
    const all = await etcd.kv.list({ prefix })
    expect(all.kvs.map(({ value }) => value)).toEqual(['a', 'b', 'c'])
    expect([all.count, all.more]).toEqual([3, false])
    const two = await etcd.kv.list({ prefix, limit: 2, sortBy: 'modRevision', order: 'descend', keysOnly: true })
    expect(two.kvs.map(({ key, value }) => [key.slice(prefix.length), value])).toEqual([
      ['c', ''],
      ['a', ''],
    ])
    expect([two.count, two.more]).toEqual([3, true])
    await etcd.kv.delete(`${prefix}a`)
    expect((await etcd.kv.list({ prefix, revision: all.revision, countOnly: true })).count).toBe(3)
    expect((await etcd.kv.list({ prefix, serializable: true })).count).toBe(2)
    expect((await etcd.kv.list({ key: `${prefix}b`, rangeEnd: `${prefix}c` })).kvs).toHaveLength(1)
    expect((await etcd.kv.list({ fromKey: `${prefix}c`, limit: 1 })).kvs[0]?.key).toBe(`${prefix}c`)
  })

  test('a delete tells how many keys went, and which, when asked', async () => {
    for (const name of ['a', 'b', 'c']) await etcd.kv.put(prefix + name, name)
    expect(await etcd.kv.delete(`${prefix}a`)).toMatchObject({ deleted: 1, prevKvs: [] })
    const rest = await etcd.kv.delete({ prefix }, { prevKv: true })
    expect([rest.deleted, rest.prevKvs.map(({ value }) => value)]).toEqual([2, ['b', 'c']])
    expect(await etcd.kv.delete(`${prefix}a`)).toMatchObject({ deleted: 0 })
  })

  test('a transaction runs one of its branches, and its results have the types of its operations', async () => {
    const key = `${prefix}a`
    const create = (value: string) =>
      etcd.kv
        .txn()
        .if(compare.createRevision(key, '=', 0))
        .then(op.put(key, value), op.get(key))
        .else(op.list({ prefix }), op.delete(`${prefix}none`))
        .commit()
    const first = await create('1')
    expect(first.succeeded && first.results[1].kvs[0]?.value).toBe('1')
    const second = await create('2')
    if (second.succeeded) throw new Error('the key was there')
    expect(second.results[0].kvs.map(({ value }) => value)).toEqual(['1'])
    expect(second.results[1].deleted).toBe(0)
  })

  test('every comparison compares what it says', async () => {
    const key = `${prefix}a`
    const lease = await etcd.lease.grant(60)
    const { revision } = await etcd.kv.put(key, 'm', { leaseId: lease.leaseId })
    const holds = async (...compares: Compare[]) =>
      (
        await etcd.kv
          .txn()
          .if(...compares)
          .commit()
      ).succeeded
    expect(await holds(compare.version(key, '=', 1), compare.modRevision(key, '=', revision))).toBe(true)
    expect(await holds(compare.createRevision(key, '<', revision))).toBe(false)
    expect(await holds(compare.value(key, '>', 'a'), compare.value(key, '!=', 'z'))).toBe(true)
    expect(await holds(compare.lease(key, '=', lease.leaseId))).toBe(true)
    expect(await holds(compare.lease(key, '=', '0'))).toBe(false)
    expect(await holds(compare.value(`${prefix}none`, '!=', 'z'))).toBe(false)
    await etcd.lease.revoke(lease.leaseId)
  })

  test('a lease is granted, looked at, kept alive and revoked with its keys', async () => {
    const leaseId = randomLeaseId()
    const granted = await etcd.lease.grant(60, { leaseId })
    expect(granted).toMatchObject({ leaseId, ttlSeconds: 60 })
    await etcd.kv.put(`${prefix}a`, '1', { leaseId })
    const left = await etcd.lease.timeToLive(leaseId, { keys: true })
    expect(left).toMatchObject({ grantedTtlSeconds: 60, keys: [`${prefix}a`] })
    expect(left.ttlSeconds).toBeGreaterThanOrEqual(58)
    expect(await etcd.lease.keepAliveOnce(leaseId)).toMatchObject({ leaseId, ttlSeconds: 60 })
    expect(await etcd.lease.list()).toContain(leaseId)
    await etcd.lease.revoke(leaseId)
    expect(await etcd.kv.get(`${prefix}a`)).toBeUndefined()
  })

  test('a lease that is gone is LEASE_NOT_FOUND, also where the gateway answers 200', async () => {
    const leaseId = randomLeaseId()
    const gone = { code: 'LEASE_NOT_FOUND', grpcCode: 5 }
    await expect(etcd.lease.keepAliveOnce(leaseId)).rejects.toMatchObject(gone)
    await expect(etcd.lease.revoke(leaseId)).rejects.toMatchObject(gone)
    await expect(etcd.kv.put(`${prefix}a`, '1', { leaseId })).rejects.toMatchObject(gone)
    expect(await etcd.lease.timeToLive(leaseId)).toMatchObject({ ttlSeconds: -1, grantedTtlSeconds: 0 })
  })

  test('etcd’s own errors keep their gRPC code, whatever the gateway’s generation', async () => {
    const future = etcd.kv.list({ prefix, revision: 900_000_000 })
    await expect(future).rejects.toMatchObject({ code: 'RPC', grpcCode: 11, retryable: false })
    await expect(etcd.kv.compact(900_000_000)).rejects.toMatchObject({ code: 'RPC', grpcCode: 11 })
    const twice = etcd.kv.txn().then(op.put(`${prefix}a`, '1'), op.put(`${prefix}a`, '2'))
    await expect(twice.commit()).rejects.toMatchObject({ grpcCode: 3, message: /duplicate key/ })
  })

  test('the status tells version and leader', async () => {
    const status = await etcd.status()
    expect(status.version).toMatch(/^3\.\d+\.\d+/)
    expect(status.leaderId).toBe(status.memberId)
    expect(status.dbSizeBytes).toBeGreaterThan(0)
  })

  test('pages read a range as of one revision, and no further than they are asked', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await etcd.kv.put(prefix + name, name)
    const values: string[][] = []
    const revisions = new Set<number>()
    for await (const page of etcd.kv.pages({ prefix, pageSize: 2 })) {
      if (values.length === 0) {
        await etcd.kv.put(`${prefix}bb`, 'late')
        await etcd.kv.delete(`${prefix}e`)
      }
      values.push(page.kvs.map(({ value }) => value))
      revisions.add(page.revision)
    }
    expect(values).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect(revisions.size).toBe(1)
    await expect(etcd.kv.pages({ prefix, pageSize: 0 }).next()).rejects.toThrow(/pageSize/)
  })

  test('a transaction inside a transaction answers with its own branch', async () => {
    const key = `${prefix}a`
    const inner = etcd.kv
      .txn()
      // All conditions look at the state before the whole transaction.
      .if(compare.version(key, '=', 0))
      .then(op.get(key))
      .else(op.list({ prefix }))
      .nested()
    const outer = await etcd.kv.txn().then(op.put(key, '1'), inner).commit()
    if (!outer.succeeded) throw new Error('it has no condition')
    const [, nested] = outer.results
    expect(nested.succeeded && nested.results[0].kvs[0]?.value).toBe('1')
  })

  test('a lock is held until it is unlocked, and its key is there meanwhile', async () => {
    const lease = await etcd.lease.grant(60)
    const held = await etcd.lock.lock(`${prefix}lock`, lease.leaseId)
    expect((await etcd.kv.get(held.key))?.leaseId).toBe(lease.leaseId)
    const other = await etcd.lease.grant(60)
    const waiting = etcd.lock.lock(`${prefix}lock`, other.leaseId, { timeoutMs: 300 })
    await expect(waiting).rejects.toMatchObject({ code: 'DEADLINE' })
    await etcd.lock.unlock(held.key)
    expect(await etcd.kv.get(held.key)).toBeUndefined()
    await etcd.lease.revoke(lease.leaseId)
    await etcd.lease.revoke(other.leaseId)
  })
}
