import { createEtcdClient, type EtcdClient, type EtcdClientOptions } from 'etcd-edge/http-client'
import { type Etcd, type EtcdOptions, startEtcd } from '../support/etcd.ts'

/** An etcd that demands a login. `app` may read and write what is below `/app/`, and nothing else. */
export interface GuardedEtcd extends AsyncDisposable {
  readonly etcd: Etcd
  /** Logged in as root. */
  readonly root: EtcdClient
  /** Logged in as `app`, unless told otherwise. */
  client(options?: Partial<EtcdClientOptions>): EtcdClient
}

export const appLogin = { username: 'app', password: 'app-secret' } as const
const rootLogin = { username: 'root', password: 'root-secret' } as const

export async function startGuardedEtcd(options: EtcdOptions): Promise<GuardedEtcd> {
  const etcd = await startEtcd(options)
  const client = (more: Partial<EtcdClientOptions> = {}) =>
    createEtcdClient({ endpoints: [etcd.url], auth: appLogin, ...more })
  const root = client({ auth: rootLogin })
  try {
    await enableAuth(root)
  } catch (error) {
    await etcd.stop()
    throw error
  }
  return { etcd, root, client, [Symbol.asyncDispose]: () => etcd.stop() }
}

/** @param root A client that logs in as root; it works before there is anything to log in to. */
export async function enableAuth({ auth }: EtcdClient): Promise<void> {
  for (const { username, password } of [rootLogin, appLogin]) {
    await auth.roleAdd(username)
    await auth.userAdd(username, password)
    await auth.userGrantRole(username, username)
  }
  await auth.roleGrantPermission('app', 'readwrite', { prefix: '/app/' })
  await auth.enable()
}
