import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { createRegistrar, type Registrar, type RegistrarOptions } from 'etcd-edge/registry'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { type SwitchableFetch, switchableFetch } from '../support/switchable-fetch.ts'

/** A real etcd for the tests of a suite, empty at the start of each, with a switch in the line of what is tested. */
export interface SwitchedEtcd {
  readonly server: Etcd
  /** Not through the switch. */
  readonly admin: EtcdClient
  readonly line: SwitchableFetch
  /** Through the switch. */
  readonly client: EtcdClient
  /** Through the switch, with a TTL of 2 s unless another is given. */
  registrar(options?: RegistrarOptions): Registrar
  /** Is closed when the test has ended. */
  keep<Session extends { close(): Promise<void> }>(session: Session): Session
}

export function useSwitchedEtcd(): SwitchedEtcd {
  let server: Etcd
  let admin: EtcdClient
  let line: SwitchableFetch
  let client: EtcdClient
  const sessions: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    server = await startEtcd()
    admin = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await admin.kv.delete({ prefix: '' })
    for (const leaseId of await admin.lease.list()) await admin.lease.revoke(leaseId)
    line = switchableFetch()
    client = createEtcdClient({ endpoints: [server.url], fetch: line.fetch })
  })
  afterEach(async () => {
    line.up()
    line.on(() => {})
    await Promise.all(sessions.splice(0).map((session) => session.close().catch(() => {})))
  })
  return {
    get server() {
      return server
    },
    get admin() {
      return admin
    },
    get line() {
      return line
    },
    get client() {
      return client
    },
    registrar: (options) => createRegistrar(client, { ttlSeconds: 2, ...options }),
    keep(session) {
      sessions.push(session)
      return session
    },
  }
}
