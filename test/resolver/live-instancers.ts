import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { createInstancer, type Instancer, type InstancerEvent, type InstancerOptions } from 'etcd-edge/resolver'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { type SwitchableFetch, switchableFetch } from '../support/switchable-fetch.ts'

/** Instancers on a real etcd, empty at the start of each test, with a switch in the line between them. */
export interface LiveInstancers {
  readonly server: Etcd
  /** Not through the switch. */
  readonly admin: EtcdClient
  readonly line: SwitchableFetch
  /** Through the switch. */
  readonly client: EtcdClient
  /** Of `web`, if no other service is given. Is closed when the test has ended. */
  start(service?: string, options?: InstancerOptions): Instancer
}

export function useLiveInstancers(): LiveInstancers {
  let server: Etcd
  let admin: EtcdClient
  let line: SwitchableFetch
  let client: EtcdClient
  const instancers: Instancer[] = []
  beforeAll(async () => {
    server = await startEtcd()
    admin = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await admin.kv.delete({ prefix: '' })
    line = switchableFetch()
    client = createEtcdClient({ endpoints: [server.url], fetch: line.fetch })
  })
  afterEach(() => Promise.all(instancers.splice(0).map((instancer) => instancer.close())))
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
    start(service = 'web', options = {}) {
      const instancer = createInstancer(client, service, options)
      instancers.push(instancer)
      return instancer
    },
  }
}

/** A native record. */
export const record = (address: string, weight = 100): string => JSON.stringify({ address, weight, tags: {} })

/** What an instancer tells from now on; it is added as it comes. */
export function eventsOf(instancer: Instancer): InstancerEvent[] {
  const events: InstancerEvent[] = []
  instancer.subscribe((event) => events.push(event))
  return events
}

/** The ids that came, changed and went; an error as it is. */
export const summary = (event: InstancerEvent | undefined): unknown =>
  event?.type === 'snapshot'
    ? [event.change.added, event.change.updated, event.change.removed].map((list) => list.map(({ id }) => id))
    : event

export const idsOf = (instancer: Instancer): string[] => instancer.snapshot().instances.map(({ id }) => id)
