import { readFileSync } from 'node:fs'
import * as library from 'etcd-edge'
import * as resolver from 'etcd-edge/resolver'
import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { readCodeBlocks } from './code-block.ts'
import { readPrints, runCodeBlock } from './printing-block.ts'

const blocks = readCodeBlocks('docs/from-go-kit.md')
const page = readFileSync(new URL('../../docs/from-go-kit.md', import.meta.url), 'utf8')

/** What go-kit v0.13.0 exports, by package: functions, types, errors, methods and fields. */
const goKit = {
  sd: [
    'Endpointer',
    'Endpointer.Endpoints',
    'FixedEndpointer',
    'FixedEndpointer.Endpoints',
    'NewEndpointer',
    'EndpointerOption',
    'InvalidateOnError',
    'DefaultEndpointer',
    'DefaultEndpointer.Endpoints',
    'DefaultEndpointer.Close',
    'Event',
    'Event.Instances',
    'Event.Err',
    'Instancer',
    'FixedInstancer',
    'Factory',
    'Registrar',
  ],
  lb: [
    'Balancer',
    'Balancer.Endpoint',
    'ErrNoEndpoints',
    'NewRandom',
    'NewRoundRobin',
    'RetryError',
    'RetryError.RawErrors',
    'RetryError.Final',
    'RetryError.Error',
    'Callback',
    'Retry',
    'RetryWithCallback',
  ],
  etcdv3: [
    'ErrNoKey',
    'ErrNoValue',
    'Client.GetEntries',
    'Client.WatchPrefix',
    'Client.Register',
    'Client.Deregister',
    'Client.LeaseID',
    'ClientOptions',
    'NewClient',
    'Instancer',
    'Instancer.Stop',
    'Instancer.Register',
    'Instancer.Deregister',
    'NewInstancer',
    'Service',
    'Service.Key',
    'Service.Value',
    'Service.TTL',
    'TTLOption',
    'NewTTLOption',
    'Registrar',
    'Registrar.Register',
    'Registrar.Deregister',
    'NewRegistrar',
  ],
}
const clientOptions = ['Cert', 'Key', 'CACert', 'DialTimeout', 'DialKeepAlive', 'DialOptions', 'Username', 'Password']

describe('docs/from-go-kit.md', () => {
  let simulator: EtcdSimulator
  beforeEach(async () => {
    simulator = createEtcdSimulator()
    // etcd is where the page says, and every other server answers 200.
    vi.stubGlobal('fetch', (url: string, init?: RequestInit) =>
      url.startsWith('http://127.0.0.1:2379/') ? simulator.fetch(url, init) : Promise.resolve(new Response('ok')),
    )
    const etcd = library.createEtcdClient({ endpoints: ['http://127.0.0.1:2379'] })
    for (const address of ['1.2.3.4:8080', '1.2.3.5:8080']) {
      await etcd.kv.put(`/services/barsvc/${address}`, `http://${address}`)
    }
  })
  afterEach(async () => {
    vi.unstubAllGlobals()
    await simulator.close()
  })

  it('shows code', () => {
    expect(blocks.length).toBeGreaterThan(8)
  })

  it.each(Object.entries(goKit))('has every name of %s', (name, exported) => {
    expect(exported.filter((each) => !page.includes(`\`${name}.${each}\``))).toEqual([])
  })

  it('has every option of ClientOptions', () => {
    const rows = page.slice(page.indexOf('| `ClientOptions`'))
    const named = rows.slice(0, rows.indexOf('\n\n'))
    expect(clientOptions.filter((option) => !named.includes(`\`${option}\``))).toEqual([])
  })

  it.each(blocks)('what it says in line $line runs, and prints what it says', async (block) => {
    expect(await runCodeBlock(block, { 'etcd-edge': library, 'etcd-edge/resolver': resolver })).toBe(readPrints(block))
    // Nothing is left behind.
    await eventually(() => expect(simulator.watcherCount()).toBe(0))
    expect(simulator.leases()).toEqual([])
  })
})
