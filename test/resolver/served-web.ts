import { createEtcdClient, type EtcdClient } from 'etcd-edge/http-client'
import { createResolver, createServiceFetch, type ServiceFetch, type ServiceFetchOptions } from 'etcd-edge/resolver'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { freePort } from '../support/free-port.ts'
import { type Behaviour, type InstanceServer, startInstanceServer } from '../support/instance-server.ts'

/** A service `web` whose instances are servers, in a real etcd that is empty at the start of each test. */
export interface ServedWeb {
  readonly server: Etcd
  readonly client: EtcdClient
  /** To be killed when the test has ended. */
  readonly servers: InstanceServer[]
  /** Starts instances, under ids that are in their order. */
  register(...behaviours: readonly Behaviour[]): Promise<[InstanceServer, InstanceServer, InstanceServer]>
  /** Nobody listens there. */
  registerDead(id?: string): Promise<void>
  /** A service fetch that asks them in the order of their ids. */
  start(options?: ServiceFetchOptions): ServiceFetch
}

/** In the order of the ids. */
export const inOrder: NonNullable<ServiceFetchOptions['balancer']> = (live) => ({
  pick({ exclude = [] }) {
    const found = live.snapshot().instances.find(({ id }) => !exclude.includes(id))
    if (found === undefined) throw new Error('nobody')
    return found
  },
})

export const stream = (...texts: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(sink) {
      for (const text of texts) sink.enqueue(new TextEncoder().encode(text))
      sink.close()
    },
  })

export function useServedWeb(): ServedWeb {
  let server: Etcd
  let client: EtcdClient
  const servers: InstanceServer[] = []
  const put = (id: string, address: string) => client.kv.put(`/services/web/${id}`, JSON.stringify({ address }))
  beforeAll(async () => {
    server = await startEtcd()
    client = createEtcdClient({ endpoints: [server.url] })
  })
  afterAll(() => server?.stop())
  beforeEach(() => client.kv.delete({ prefix: '' }))
  afterEach(() => Promise.all(servers.splice(0).map((each) => each.kill())))
  return {
    servers,
    get server() {
      return server
    },
    get client() {
      return client
    },
    async register(...behaviours) {
      const started = await Promise.all(behaviours.map((behaviour) => startInstanceServer(behaviour)))
      servers.push(...started)
      for (const [index, { address }] of started.entries()) await put(String(index), address)
      return started as [InstanceServer, InstanceServer, InstanceServer]
    },
    async registerDead(id = '0') {
      await put(id, `127.0.0.1:${await freePort()}`)
    },
    start: (options = {}) => createServiceFetch(createResolver(client), { balancer: inOrder, ...options }),
  }
}
