import { createEtcdSimulator } from 'etcd-edge/testing'
import { startEtcd } from '../support/etcd.ts'
import { type EtcdBinary, findEtcdBinaries } from '../support/etcd-binary.ts'
import type { Fetch } from './exchange.ts'

/** A gateway to hold to the cases. */
export interface Target {
  readonly url: string
  readonly fetch: Fetch
  /** What it is, the most specific first: the expectations name these. */
  readonly tags: readonly string[]
  close(): Promise<void>
}

/** A target that is yet to be opened. */
export interface TargetSource {
  /** Of the suite, and of the column in the table. */
  readonly name: string
  open(): Promise<Target>
}

export const simulatorTargets: readonly TargetSource[] = (['v1', 'v2'] as const).map((dialect) => ({
  name: `simulator ${dialect}`,
  open: () => simulatorTarget(dialect),
}))

export const etcdTargets: readonly TargetSource[] = findEtcdBinaries().map((binary) => ({
  name: binary.name,
  open: () => etcdTarget(binary),
}))

export async function simulatorTarget(dialect: 'v1' | 'v2'): Promise<Target> {
  const simulator = createEtcdSimulator({ dialect })
  return {
    url: 'http://simulator.test',
    fetch: simulator.fetch,
    tags: dialect === 'v1' ? ['v1', '3.5', 'patched'] : ['v2', '3.6', 'patched'],
    close: async () => simulator.close(),
  }
}

/** A program `etcd`, with the tags that it turns out to deserve. */
async function etcdTarget({ path }: EtcdBinary): Promise<Target> {
  const etcd = await startEtcd({ binary: path })
  return {
    url: etcd.url,
    fetch: (url, init) => fetch(url, init),
    tags: await tagsOf(etcd.url, etcd.version),
    close: () => etcd.stop(),
  }
}

/** The first patch of each minor that refuses negative start revisions, which is when the last old behaviour went. */
const firstPatched: Readonly<Record<string, number>> = { '3.4': 38, '3.5': 24, '3.6': 6, '3.7': 0 }

/** Distributions link other gateways than etcd's releases, so the dialect is what the gateway speaks, not its version. */
async function tagsOf(url: string, version: string): Promise<string[]> {
  const [major, second, patch] = version.split('.')
  const minor = `${major}.${second}`
  const refused = await fetch(`${url}/v3/kv/range`, { method: 'POST', body: '{}' })
  const dialect = 'error' in ((await refused.json()) as object) ? 'v1' : 'v2'
  const login = await fetch(`${url}/v3/auth/authenticate`, { method: 'POST', body: '{"name":"root"}' })
  await login.text()
  const age = Number.parseInt(patch ?? '0', 10) >= (firstPatched[minor] ?? 0) ? 'patched' : 'old'
  return [
    // Gateways before 1.9.1 answer a failed precondition with 412.
    ...(login.status === 412 ? ['gw164'] : []),
    ...(dialect === 'v2' && minor === '3.5' ? ['deb3516'] : []),
    dialect,
    minor,
    age,
  ]
}
