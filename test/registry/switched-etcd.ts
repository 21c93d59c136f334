import { createEtcdClient, type EtcdClient, type KeyValue } from 'etcd-edge/http-client'
import type { InstanceInput } from 'etcd-edge/instance'
import {
  createRegistrar,
  type KeepRegisteredOptions,
  keepRegistered,
  type Registrar,
  type RegistrarOptions,
  type RegistrationGroup,
  type RegistrationSession,
  type SessionOptions,
} from 'etcd-edge/registry'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { type SwitchableFetch, switchableFetch } from '../support/switchable-fetch.ts'

/** What most of these tests register, and where it is stored. */
export const web = { service: 'web', id: 'a', address: '10.0.0.7:80' } as const
export const key = '/services/web/a'

/** A real etcd for the tests of a suite, empty at the start of each, with a switch in the line of what is tested. */
export interface SwitchedEtcd {
  readonly server: Etcd
  /** Not through the switch. */
  readonly admin: EtcdClient
  readonly line: SwitchableFetch
  /** Through the switch. */
  readonly client: EtcdClient
  /** Through the switch, with the suite's TTL unless another is given. */
  registrar(options?: RegistrarOptions): Registrar
  /** Keeps an instance registered, `web` if none is given, until the test has ended. */
  session(options?: KeepRegisteredOptions, input?: InstanceInput): Promise<RegistrationSession>
  /** Keeps several under one lease, until the test has ended. */
  group(inputs: readonly InstanceInput[], options?: SessionOptions): Promise<RegistrationGroup>
  /** Is closed when the test has ended. */
  keep<Session extends { close(): Promise<void> }>(session: Session): Session
  /** All that is in etcd, by key. */
  stored(): Promise<readonly KeyValue[]>
}

/** @param ttlSeconds of its registrars */
export function useSwitchedEtcd(ttlSeconds = 2): SwitchedEtcd {
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
  const registrar = (options?: RegistrarOptions) => createRegistrar(client, { ttlSeconds, ...options })
  const keep = <Session extends { close(): Promise<void> }>(session: Session): Session => {
    sessions.push(session)
    return session
  }
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
    registrar,
    keep,
    session: async (options, input = web) => keep(await keepRegistered(registrar(), input, options)),
    group: async (inputs, options) => keep(await keepRegistered(registrar(), inputs, options)),
    stored: async () => (await admin.kv.list({ prefix: '' })).kvs,
  }
}
