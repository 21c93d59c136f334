import { readFileSync } from 'node:fs'
import * as library from 'etcd-edge'
import { createEtcdSimulator, type EtcdSimulator } from 'etcd-edge/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { readCodeBlocks } from './code-block.ts'
import { readPrints, runCodeBlock } from './printing-block.ts'

const blocks = readCodeBlocks('docs/from-kitex.md')
const page = readFileSync(new URL('../../docs/from-kitex.md', import.meta.url), 'utf8')

/** What registry-etcd v0.2.6 exports, by file, and what it reads from the environment. */
const registryEtcd = {
  'etcd_registry.go': [
    'NewEtcdRegistry',
    'NewEtcdRegistryWithRetry',
    'NewEtcdRegistryWithAuth',
    'SetFixedAddress',
    'Register',
    'Deregister',
    'KITEX_ETCD_REGISTRY_LEASE_TTL',
    'KITEX_IP_TO_REGISTRY',
    'KITEX_PORT_TO_REGISTRY',
  ],
  'etcd_resolver.go': [
    'NewEtcdResolver',
    'NewEtcdResolverWithAuth',
    'Target',
    'Resolve',
    'Diff',
    'Name',
    'GetPrefix',
    'GetDefaultWeight',
  ],
  'option.go': [
    'Option',
    'Config',
    'EtcdConfig',
    'Prefix',
    'DefaultWeight',
    'WithTLSOpt',
    'WithAuthOpt',
    'WithDialTimeoutOpt',
    'WithEtcdServicePrefix',
    'WithDefaultWeight',
  ],
  'retry/option.go': [
    'retry.Option',
    'F',
    'retry.WithMaxAttemptTimes',
    'retry.WithObserveDelay',
    'retry.WithRetryDelay',
  ],
  'retry/retry.go': ['retry.Config', 'MaxAttemptTimes', 'ObserveDelay', 'RetryDelay', 'Apply', 'retry.NewRetryConfig'],
}

describe('docs/from-kitex.md', () => {
  let simulator: EtcdSimulator
  beforeEach(async () => {
    simulator = createEtcdSimulator()
    // etcd is where the page says.
    vi.stubGlobal('fetch', (url: string, init?: RequestInit) => {
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:2379\//)
      return simulator.fetch(url, init)
    })
    const [, key = '', value = ''] = /^(kitex\/registry-etcd\S+) {3}(\{.*\})$/m.exec(page) ?? []
    await library.createEtcdClient({ endpoints: ['http://127.0.0.1:2379'] }).kv.put(key, value)
  })
  afterEach(async () => {
    vi.unstubAllGlobals()
    await simulator.close()
  })

  it('shows code', () => {
    expect(blocks.length).toBeGreaterThan(4)
  })

  it.each(Object.entries(registryEtcd))('has every name of %s', (_, names) => {
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })

  it.each(blocks)('what it says in line $line runs, and prints what it says', async (block) => {
    expect(await runCodeBlock(block, { 'etcd-edge': library })).toBe(readPrints(block))
    // Nothing is left behind.
    await eventually(() => expect(simulator.watcherCount()).toBe(0))
    expect(simulator.leases()).toEqual([])
  })
})
