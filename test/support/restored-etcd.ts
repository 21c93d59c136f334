import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createEtcdClient } from 'etcd-edge/http-client'
import { type Etcd, startEtcd } from './etcd.ts'
import { type EtcdBinary, snapshotTool } from './etcd-binary.ts'

/** A snapshot of an etcd, and the etcd that it brings back. */
export interface EtcdBackup extends AsyncDisposable {
  /**
   * Ends the etcd that was backed up and starts another one on the snapshot, under its address. It ends with the backup.
   *
   * @param flags More arguments of `snapshot restore`; `--initial-cluster-token` makes it another cluster.
   */
  restore(flags: readonly string[]): Promise<Etcd>
}

export async function backUp(etcd: Etcd, binary: EtcdBinary): Promise<EtcdBackup> {
  const dir = await mkdtemp(join(tmpdir(), 'etcd-edge-restore-'))
  const [snapshot, dataDir] = [join(dir, 'snapshot'), join(dir, 'data')]
  let restored: Etcd | undefined
  await writeFile(snapshot, createEtcdClient({ endpoints: [etcd.url] }).maintenance.snapshot())
  return {
    async restore(flags) {
      await etcd.stop()
      const peerUrl = `http://127.0.0.1:${etcd.peerPort}`
      const member = ['--name=test', `--initial-cluster=test=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`]
      const args = ['snapshot', 'restore', snapshot, `--data-dir=${dataDir}`, ...member, ...flags]
      await promisify(execFile)(snapshotTool(binary), args, { env: { ...process.env, ETCDCTL_API: '3' } })
      const port = Number(new URL(etcd.url).port)
      restored = await startEtcd({ binary: binary.path, port, peerPort: etcd.peerPort, dataDir })
      return restored
    },
    async [Symbol.asyncDispose]() {
      await restored?.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
