import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import type { EtcdBinary } from '../support/etcd-binary.ts'
import { buildGoProgram } from '../support/go-program.ts'
import { type SwitchableFetch, switchableFetch } from '../support/switchable-fetch.ts'
import type { Framework } from './framework.ts'
import type { PeerTarget } from './peer-process.ts'

/** What compiles for the first time takes minutes. */
const buildMs = 600_000

/** A framework's program, and an etcd for it and us. */
export interface InteropSetup {
  readonly server: Etcd
  /** Through the switch. */
  readonly etcd: EtcdClient
  readonly line: SwitchableFetch
  readonly program: string
  /** One for each test: what another has left behind is not in its way. */
  readonly service: string
  readonly target: PeerTarget
}

/** As short as etcd lets a lease be. */
export const ttlSeconds = 2

export function useInterop(framework: Framework, binary: EtcdBinary): InteropSetup {
  let program: string
  let server: Etcd
  let line: SwitchableFetch
  let etcd: EtcdClient
  let service: string
  let count = 0
  beforeAll(async () => {
    program = (await buildGoProgram(framework.program)) ?? ''
  }, buildMs)
  beforeAll(async () => {
    server = await startEtcd({ binary: binary.path })
  })
  afterAll(() => server?.stop())
  beforeEach(() => {
    count += 1
    service = `${framework.directory ?? ''}${framework.program}-${count}`
    line = switchableFetch()
    etcd = createEtcdClient({ endpoints: [server.url], fetch: line.fetch })
  })
  return {
    get server() {
      return server
    },
    get etcd() {
      return etcd
    },
    get line() {
      return line
    },
    get program() {
      return program
    },
    get service() {
      return service
    },
    get target() {
      return { endpoint: server.url, service, ttlSeconds, view: framework.view }
    },
  }
}
