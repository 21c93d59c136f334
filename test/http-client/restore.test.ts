import { createEtcdClient, type WatchItem } from 'etcd-edge/http-client'
import { expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { snapshotTool } from '../support/etcd-binary.ts'
import { eventually } from '../support/eventually.ts'
import { backUp } from '../support/restored-etcd.ts'
import { testWhenEtcdCan } from '../support/test-when-etcd-can.ts'
import { type Watching, watchInBackground } from './watching.ts'

interface Scene {
  readonly etcd: Etcd
  readonly watching: Watching
}

describeWithNewestEtcd('a watch of an etcd that is restored from a snapshot', (binary) => {
  /** Writes 1 to 3, takes a snapshot, writes 4 to 8, and brings the snapshot back under the same address. */
  async function restoreUnderWatch(flags: readonly string[], check: (scene: Scene) => Promise<void>): Promise<void> {
    await using etcd = await startEtcd({ binary: binary.path })
    const client = createEtcdClient({ endpoints: [etcd.url] })
    await using watching = watchInBackground(client.watch({ key: '/a', startRevision: 1 }))
    const write = async (values: readonly number[]) => {
      for (const value of values) await client.kv.put('/a', String(value))
    }
    await write([1, 2, 3])
    await using backup = await backUp(etcd, binary)
    await write([4, 5, 6, 7, 8])
    await eventually(() => expect(watching.values()).toHaveLength(8))
    await check({ etcd: await backup.restore(flags), watching })
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
