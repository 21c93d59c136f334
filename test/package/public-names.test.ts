import type {
  Change,
  EtcdClient,
  InstanceFormat,
  InstanceInput,
  KeyValue,
  Registration,
  ServiceInstance,
  ServiceSnapshot,
  WatchItem,
} from 'etcd-edge'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { readText, root } from './source-file.ts'

const client = ['createEtcdClient', 'leaseIdToHex', 'prefixEnd']
const instance = [
  'native',
  'raw',
  'kitex',
  'hertz',
  'grpcNaming',
  'goZero',
  'kratos',
  'goMicro',
  'rpcx',
  'skydns',
  'detectFormat',
]
const registry = ['createRegistrar', 'keepRegistered', 'goKitTtl']
const resolver = [
  'createResolver',
  'createInstancer',
  'watchMany',
  'roundRobin',
  'random',
  'weighted',
  'leastLoaded',
  'consistentHash',
  'createEndpointer',
  'fixedEndpointer',
  'fixedInstancer',
  'retry',
  'retryWithCallback',
  'createServiceFetch',
]
const errors = [
  'isEtcdError',
  'EtcdError',
  'UnavailableError',
  'DeadlineError',
  'ProtocolError',
  'RpcError',
  'AuthError',
  'LeaseNotFoundError',
  'CompactedError',
  'WatchCanceledError',
  'InvalidInstanceError',
  'InstanceConflictError',
  'NoInstancesError',
  'RetryError',
]

const doors: Readonly<Record<string, readonly string[]>> = {
  '.': [...client, ...instance, ...registry, ...resolver, ...errors],
  './http-client': client,
  './instance': instance,
  './registry': registry,
  './resolver': resolver,
  './testing': ['createEtcdSimulator', 'etcdHandlers'],
  './tls': ['tlsFetch'],
  './worker': ['createApp', 'createWorker', 'readConfiguration'],
}

/** What the built package gives to whoever imports that entry point. */
async function importBuilt(entry: string): Promise<Readonly<Record<string, unknown>>> {
  const { exports } = JSON.parse(readText('package.json')) as { exports: Record<string, { default: string }> }
  return import(`${root}${exports[entry]?.default}`)
}

describe('the built package', () => {
  it.each(Object.entries(doors))('exports behind %s the names of ARCHITECTURE.md', async (entry, names) => {
    const built = await importBuilt(entry)
    expect(names.filter((name) => typeof built[name] !== 'function')).toEqual([])
  })

  it('exports the same class behind every door, so that instanceof holds', async () => {
    const [all, client] = await Promise.all([importBuilt('.'), importBuilt('./http-client')])
    expect(all.createEtcdClient).toBe(client.createEtcdClient)
  })

  it('gives a client with the calls of ARCHITECTURE.md', async () => {
    const { createEtcdClient } = (await importBuilt('.')) as { createEtcdClient: (options: object) => EtcdClient }
    const etcd = createEtcdClient({ endpoints: ['http://127.0.0.1:2379'] })
    expect(Object.keys(etcd.kv)).toEqual(expect.arrayContaining(['get', 'list', 'put', 'delete', 'txn']))
    expect(Object.keys(etcd.lease)).toEqual(expect.arrayContaining(['grant', 'keepAliveOnce', 'timeToLive', 'revoke']))
    expect([typeof etcd.watch, typeof etcd.status]).toEqual(['function', 'function'])
  })

  it('exports the types that its users write down', () => {
    expectTypeOf<ServiceInstance['address']>().toEqualTypeOf<string>()
    expectTypeOf<ServiceInstance>().toExtend<InstanceInput>()
    expectTypeOf<ServiceSnapshot['stale']>().toEqualTypeOf<boolean>()
    expectTypeOf<Registration['leaseId']>().toEqualTypeOf<string>()
    expectTypeOf<KeyValue['value']>().toEqualTypeOf<string>()
    expectTypeOf<WatchItem['type']>().toEqualTypeOf<'events' | 'progress' | 'reset'>()
    expectTypeOf<keyof Change>().toEqualTypeOf<'added' | 'updated' | 'removed'>()
    expectTypeOf<InstanceFormat>().toHaveProperty('decode')
  })
})
