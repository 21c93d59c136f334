import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createEtcdClient, type WatchItem } from 'etcd-edge/http-client'
import { expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { snapshotTool } from '../support/etcd-binary.ts'
import { eventually } from '../support/eventually.ts'
import { testWhenEtcdCan } from '../support/test-when-etcd-can.ts'
import { type Watching, watchInBackground } from './watching.ts'

interface Scene {
  readonly etcd: Etcd
  readonly watching: Watching
}

describeWithNewestEtcd('a watch of an etcd that is restored from a snapshot', (binary) => {
  /** Writes 1 to 3, takes a snapshot, writes 4 to 8, and brings the snapshot back under the same address. */
  async function restoreUnderWatch(flags: readonly string[], check: (scene: Scene) => Promise<void>): Promise<void> {
    const dir = await mkdtemp(join(tmpdir(), 'etcd-edge-restore-'))
    try {
      const etcd = await startEtcd({ binary: binary.path })
      const { port } = new URL(etcd.url)
      const client = createEtcdClient({ endpoints: [etcd.url] })
      await using watching = watchInBackground(client.watch({ key: '/a', startRevision: 1 }))
      const write = async (values: readonly number[]) => {
        for (const value of values) await client.kv.put('/a', String(value))
      }
      await write([1, 2, 3])
      await writeFile(join(dir, 'snapshot'), client.maintenance.snapshot())
      await write([4, 5, 6, 7, 8])
      await eventually(() => expect(watching.values()).toHaveLength(8))
      await etcd.stop()
      await restore(dir, etcd.peerPort, flags)
      const options = { binary: binary.path, port: Number(port), peerPort: etcd.peerPort, dataDir: join(dir, 'data') }
      await using restored = await startEtcd(options)
      await check({ etcd: restored, watching })
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }

  async function restore(dir: string, peerPort: number, flags: readonly string[]): Promise<void> {
    const peerUrl = `http://127.0.0.1:${peerPort}`
    const member = ['--name=test', `--initial-cluster=test=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`]
    const args = ['snapshot', 'restore', join(dir, 'snapshot'), `--data-dir=${join(dir, 'data')}`, ...member, ...flags]
    await promisify(execFile)(snapshotTool(binary), args, { env: { ...process.env, ETCDCTL_API: '3' } })
  }

  const endsWith = async ({ watching }: Scene, reset: WatchItem) => {
    await watching.ended
    expect(watching.items.at(-1)).toEqual(reset)
    expect(watching.values()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
  }

  test('S30 under the same identity ends by saying that the revision went back', async () => {
    await restoreUnderWatch([], (scene) => endsWith(scene, { type: 'reset', reason: 'revision-went-back' }))
  })

  test('S30 as another cluster ends by saying so', async () => {
    const flags = ['--initial-cluster-token=another']
    await restoreUnderWatch(flags, (scene) => endsWith(scene, { type: 'reset', reason: 'cluster-changed' }))
  })

  const bumps = { can: snapshotTool(binary) !== 'etcdctl', needs: 'etcdutl of 3.5.10', version: binary.version }
  testWhenEtcdCan(bumps, 'S30 with bumped revisions ends by saying that it is compacted', async () => {
    const flags = ['--bump-revision=1000', '--mark-compacted']
    await restoreUnderWatch(flags, (scene) => endsWith(scene, { type: 'reset', reason: 'compacted' }))
  })
})
