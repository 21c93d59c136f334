import { createEtcdClient, type FetchLike } from '../../../src/http-client/index.ts'
import { createResolver, type Resolver, type ResolverOptions } from '../../../src/resolver/index.ts'

const b64 = (text: string) => Buffer.from(text).toString('base64')
const kv = (key: string, value: string, revision: number) => ({
  key: b64(key),
  value: b64(value),
  create_revision: String(revision),
  mod_revision: String(revision),
})

/** etcd as one list call sees it. */
export class Store {
  records: Record<string, string> = {}
  revision = 10
  failure: Error | undefined
  asked = 0
  readonly fetch: FetchLike = async () => {
    this.asked += 1
    if (this.failure) throw this.failure
    const kvs = Object.entries(this.records).map(([key, value]) => kv(key, value, this.revision))
    return new Response(JSON.stringify({ header: { cluster_id: '5', revision: String(this.revision) }, kvs }))
  }

  resolver(options: ResolverOptions = {}): Resolver {
    return createResolver(createEtcdClient({ endpoints: ['http://etcd:2379'], fetch: this.fetch }), options)
  }
}
