import { compare, createEtcdClient, leaseIdFromHex, leaseIdToHex, op, randomLeaseId } from 'etcd-edge/http-client'
import type { ClientCase } from './client-case.ts'
import { equal, failure, isTrue } from './portable-assert.ts'

/** Every kind of call once, and what is hard about their contents. */
export const callCases: readonly ClientCase[] = [
  {
    name: 'put, get, list, delete',
    async run({ etcd, prefix }) {
      for (const name of ['b', 'a', 'c']) await etcd.kv.put(prefix + name, name)
      equal((await etcd.kv.get(`${prefix}a`))?.value, 'a')
      const { kvs, count, more } = await etcd.kv.list({ prefix, limit: 2 })
      equal([kvs.map(({ value }) => value), count, more], [['a', 'b'], 3, true])
      const names: string[] = []
      for await (const page of etcd.kv.pages({ prefix, pageSize: 2 })) names.push(...page.kvs.map(({ value }) => value))
      equal(names, ['a', 'b', 'c'])
      equal((await etcd.kv.delete({ prefix })).deleted, 3)
    },
  },
  {
    name: 'transactions',
    async run({ etcd, prefix }) {
      const key = `${prefix}a`
      const create = () =>
        etcd.kv
          .txn()
          .if(compare.createRevision(key, '=', 0))
          .then(op.put(key, '1'))
          .else(op.get(key))
          .commit()
      equal((await create()).succeeded, true)
      const second = await create()
      equal(second.succeeded ? 'created twice' : second.results[0].kvs.map(({ value }) => value), ['1'])
    },
  },
  {
    name: 'compaction, and what it forbids',
    async run({ etcd, prefix }) {
      const { revision: first } = await etcd.kv.put(`${prefix}a`, '1')
      const { revision } = await etcd.kv.put(`${prefix}a`, '2')
      await etcd.kv.compact(revision)
      equal((await failure(etcd.kv.list({ prefix, revision: first }))).code, 'COMPACTED')
    },
  },
  {
    name: 'unicode and all 256 bytes',
    async run({ etcd, prefix }) {
      const text = 'ä→😀\u0000\ufeff"\\'
      await etcd.kv.put(prefix + text, text)
      const kv = await etcd.kv.get(prefix + text)
      equal([kv?.key, kv?.value], [prefix + text, text])
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      await etcd.kv.put(`${prefix}bytes`, bytes)
      equal([...((await etcd.kv.get(`${prefix}bytes`))?.valueBytes ?? [])], [...bytes])
    },
  },
  {
    name: '1 MB values',
    async run({ etcd, prefix }) {
      const megabyte = 'aä😀'.repeat(150_000)
      await etcd.kv.put(`${prefix}a`, megabyte)
      const { kvs } = await etcd.kv.list({ prefix })
      isTrue(kvs[0]?.value === megabyte, 'the value is the same')
    },
  },
  {
    name: '64-bit ids',
    async run({ etcd, prefix }) {
      const leaseId = '9223372036854775807'
      equal((await etcd.lease.grant(60, { leaseId })).leaseId, leaseId)
      await etcd.kv.put(`${prefix}a`, '1', { leaseId })
      equal((await etcd.kv.get(`${prefix}a`))?.leaseId, leaseId)
      equal((await etcd.lease.list()).includes(leaseId), true)
      equal(leaseIdFromHex(leaseIdToHex(leaseId)), leaseId)
      await etcd.lease.revoke(leaseId)
      const [member] = await etcd.cluster.memberList()
      equal((await etcd.status()).memberId, member?.memberId)
    },
  },
  {
    name: 'leases',
    async run({ etcd, prefix }) {
      const { leaseId } = await etcd.lease.grant(60, { leaseId: randomLeaseId() })
      await etcd.kv.put(`${prefix}a`, '1', { leaseId })
      equal((await etcd.lease.keepAliveOnce(leaseId)).ttlSeconds, 60)
      equal((await etcd.lease.timeToLive(leaseId, { keys: true })).keys, [`${prefix}a`])
      await etcd.lease.revoke(leaseId)
      equal(await etcd.kv.get(`${prefix}a`), undefined)
      equal((await failure(etcd.lease.keepAliveOnce(leaseId))).code, 'LEASE_NOT_FOUND')
    },
  },
  {
    name: 'locks',
    async run({ etcd, prefix }) {
      const [mine, yours] = await Promise.all([etcd.lease.grant(60), etcd.lease.grant(60)])
      const { key } = await etcd.lock.lock(`${prefix}lock`, mine.leaseId)
      equal((await failure(etcd.lock.lock(`${prefix}lock`, yours.leaseId, { timeoutMs: 300 }))).code, 'DEADLINE')
      const waiting = etcd.lock.lock(`${prefix}lock`, yours.leaseId, { timeoutMs: 5000 })
      await etcd.lock.unlock(key)
      await waiting
      await Promise.all([mine, yours].map(({ leaseId }) => etcd.lease.revoke(leaseId)))
    },
  },
  {
    name: 'elections',
    async run({ etcd, prefix }) {
      const { leaseId } = await etcd.lease.grant(60)
      const leader = await etcd.election.campaign(`${prefix}boss`, leaseId, 'one')
      const observed = etcd.election.observe(`${prefix}boss`)
      equal((await observed.next()).value?.value, 'one')
      await etcd.election.proclaim(leader, 'two')
      equal((await observed.next()).value?.value, 'two')
      await observed.return?.()
      equal((await etcd.election.leader(`${prefix}boss`)).value, 'two')
      await etcd.election.resign(leader)
      isTrue(/no leader/.test(String((await failure(etcd.election.leader(`${prefix}boss`))).message)), 'nobody leads')
      await etcd.lease.revoke(leaseId)
    },
  },
  {
    name: 'maintenance, and a snapshot as a stream',
    async run({ etcd }) {
      isTrue((await etcd.status()).dbSizeBytes > 0, 'the status tells the size')
      equal(await etcd.maintenance.alarmList(), [])
      isTrue((await etcd.maintenance.hash()).hash > 0, 'there is a hash')
      let size = 0
      const reader = etcd.maintenance.snapshot().getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) size += part.value.length
      // Pages of 4096 bytes, and a SHA-256 behind them.
      equal([size > 4096, size % 4096], [true, 32])
    },
  },
  {
    name: 'users and roles, and a login where there is none',
    async run({ etcd, url, prefix }) {
      const name = prefix.replaceAll('/', '-')
      await etcd.auth.userAdd(name, 'secret')
      await etcd.auth.roleAdd(name)
      await etcd.auth.roleGrantPermission(name, 'read', { prefix })
      await etcd.auth.userGrantRole(name, name)
      equal(await etcd.auth.userGet(name), [name])
      equal((await etcd.auth.roleGet(name))[0]?.key, prefix)
      await etcd.auth.userDelete(name)
      await etcd.auth.roleDelete(name)
      const withLogin = createEtcdClient({ endpoints: [url], auth: { username: name, password: 'secret' } })
      equal(await withLogin.kv.get(`${prefix}a`), undefined)
    },
  },
  {
    name: 'errors of etcd, of the way to it and of the caller',
    async run({ etcd, url, prefix }) {
      const future = await failure(etcd.kv.list({ prefix, revision: 900_000_000 }))
      equal([future.code, future.grpcCode], ['RPC', 11])
      equal((await failure(etcd.kv.put('', '1'))).code, 'NO_KEY')
      const nobody = createEtcdClient({ endpoints: ['http://127.0.0.1:9'] })
      equal((await failure(nobody.kv.get('a'))).code, 'UNAVAILABLE')
      const either = createEtcdClient({ endpoints: ['http://127.0.0.1:9', url] })
      for (let index = 0; index < 4; index++) equal(await either.kv.get(`${prefix}a`), undefined)
    },
  },
]
