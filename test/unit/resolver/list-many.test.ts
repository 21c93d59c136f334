import { beforeEach, describe, expect, it } from 'vitest'
import { createEtcdClient, type EtcdClient, type FetchLike } from '../../../src/http-client/index.ts'
import { native, skydns } from '../../../src/instance/index.ts'
import { listMany, type ServiceListing } from '../../../src/resolver/list-many.ts'
import { createEtcdSimulator, type EtcdSimulator } from '../../../src/testing/index.ts'

const names = (count: number) => Array.from({ length: count }, (_, index) => `s${String(index).padStart(3, '0')}`)
const found = ({ services }: ServiceListing) => services.map(({ service, kvs }) => [service, kvs.map(({ key }) => key)])

describe('a list of many services', () => {
  let simulator: EtcdSimulator
  let etcd: EtcdClient
  let calls: string[]
  /** Runs before a call is sent, with its number from 1 on. */
  let before: (call: number) => Promise<unknown> | undefined
  beforeEach(() => {
    simulator = createEtcdSimulator()
    calls = []
    before = () => undefined
    const fetch: FetchLike = async (url, init) => {
      const path = url.replace(/^.*\/v3\//, '')
      if (path === 'kv/put') return simulator.fetch(url, init)
      calls.push(path)
      await before(calls.length)
      return simulator.fetch(url, init)
    }
    etcd = createEtcdClient({ endpoints: ['http://etcd.test'], fetch })
    return () => simulator.close()
  })
  const put = (...keys: string[]) => Promise.all(keys.map((key) => etcd.kv.put(key, 'a:1')))

  it('is one request for 128 of them, each with its own records, those without any too', async () => {
    await put('/services/s000/a', '/services/s000/b', '/services/s127/c', '/services/s1270/no')
    const listing = await listMany(etcd, native(), names(128))
    expect(calls).toEqual(['kv/txn'])
    expect(found(listing)).toEqual(
      names(128).map((name) => [
        name,
        name === 's000' ? ['/services/s000/a', '/services/s000/b'] : name === 's127' ? ['/services/s127/c'] : [],
      ]),
    )
    expect(listing).toMatchObject({ revision: simulator.revision(), clusterId: simulator.clusterId })
  })

  it('of one is a plain list', async () => {
    await put('/services/web/a')
    expect(found(await listMany(etcd, native(), ['web']))).toEqual([['web', ['/services/web/a']]])
    expect(calls).toEqual(['kv/range'])
  })

  it('of more than 128 is one state: what is written between two requests is in none of it', async () => {
    await put('/services/s000/a', '/services/s299/a')
    const { revision } = await etcd.kv.put('/services/s200/a', 'a:1')
    before = async (call) => {
      if (call === 2) await put('/services/s200/late', '/services/s000/late')
    }
    const listing = await listMany(etcd, native(), names(300))
    expect(calls).toEqual(['kv/txn', 'kv/txn', 'kv/txn'])
    expect(listing.revision).toBe(revision)
    expect(found(listing).filter(([, keys]) => keys?.length !== 0)).toEqual([
      ['s000', ['/services/s000/a']],
      ['s200', ['/services/s200/a']],
      ['s299', ['/services/s299/a']],
    ])
  })

  it('that does not fit into an answer is read on where the answer ended, at the same revision', async () => {
    const keys = names(25).map((name) => `/services/big/${name}`)
    await put(...keys, '/services/small/a', '/services/bigger/x')
    before = async (call) => {
      if (call === 2) await put('/services/big/s999')
    }
    const listing = await listMany(etcd, native(), ['big', 'small'], { recordsPerRequest: 10 })
    expect(found(listing)).toEqual([
      ['big', keys],
      ['small', ['/services/small/a']],
    ])
    // Five of each, then ten and ten of the one that is left.
    expect(calls).toEqual(['kv/txn', 'kv/range', 'kv/range'])
  })

  it('holds the own key of a service too, where the format has such', async () => {
    const [own, below] = ['/skydns/local/cluster/pay', '/skydns/local/cluster/pay/x']
    await put(own, below, '/skydns/local/cluster/payx/y')
    expect(found(await listMany(etcd, skydns(), ['pay.cluster.local']))).toEqual([['pay.cluster.local', [below, own]]])
    expect(calls).toEqual(['kv/txn'])
  })

  it('starts over when its revision is compacted between two requests', async () => {
    await put('/services/s000/a')
    before = async (call) => {
      if (call !== 2) return
      await put('/services/s199/a')
      simulator.compact()
    }
    const listing = await listMany(etcd, native(), names(200))
    expect(calls).toEqual(['kv/txn', 'kv/txn', 'kv/txn', 'kv/txn'])
    expect(listing.revision).toBe(simulator.revision())
    expect(found(listing).filter(([, keys]) => keys?.length !== 0)).toHaveLength(2)
  })

  it('gives up with CompactedError when that happens again and again', async () => {
    before = async (call) => {
      if (call % 2 === 1) return
      await put('/services/s200/a')
      simulator.compact()
    }
    await expect(listMany(etcd, native(), names(200))).rejects.toMatchObject({ code: 'COMPACTED' })
    expect(calls).toHaveLength(6)
  })

  it('is asked for again when etcd breaks the connection, as any read', async () => {
    simulator.failNext('kv/txn')
    expect((await listMany(etcd, native(), names(2))).services).toHaveLength(2)
  })

  it('refuses no name and a wrong one before any call', async () => {
    await expect(listMany(etcd, native(), [])).rejects.toThrow(TypeError)
    await expect(listMany(etcd, native(), ['web', '../x'])).rejects.toMatchObject({ code: 'INVALID_INSTANCE' })
    expect(calls).toEqual([])
  })
})
