import { createEtcdClient } from 'etcd-edge/http-client'
import { native } from 'etcd-edge/instance'
import { createResolver, type ResolverOptions, type ServiceSnapshot } from 'etcd-edge/resolver'
import { type CaseContext, type ClientCase, pause } from './client-case.ts'
import { equal } from './portable-assert.ts'

/** A resolver of this case's own prefix, and what it has asked etcd. */
function start({ url, prefix }: CaseContext, options: ResolverOptions) {
  const asked: string[] = []
  const etcd = createEtcdClient({
    endpoints: [url],
    fetch: (input, init) => {
      asked.push(new URL(input).pathname)
      return fetch(input, init)
    },
  })
  return { asked, resolver: createResolver(etcd, { format: native({ prefix: `${prefix}services` }), ...options }) }
}

const put = ({ etcd, prefix }: CaseContext, path: string) =>
  etcd.kv.put(`${prefix}services/${path}`, '{"address":"10.0.0.7:80"}')

const ids = ({ instances }: ServiceSnapshot) => instances.map(({ id }) => id)

/** The cached resolver, in every runtime. */
export const resolverCases: readonly ClientCase[] = [
  {
    name: 'several services are resolved in one request',
    async run(context) {
      await put(context, 'web/a')
      await put(context, 'api/b')
      const { asked, resolver } = start(context, {})
      const [web, api, nobody] = await resolver.resolveMany(['web', 'api', 'nobody'])
      equal([web, api, nobody].map(ids), [['a'], ['b'], []])
      equal([web.revision === api.revision, asked], [true, ['/v3/kv/txn']])
    },
  },
  {
    name: 'an answer that has become too old is asked for by one call, and serves the others',
    async run(context) {
      await put(context, 'web/a')
      const { asked, resolver } = start(context, { maxAgeMs: 100 })
      await resolver.resolve('web')
      await put(context, 'web/b')
      await pause(150)
      const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => resolver.resolve('web')))
      equal(
        [first, ...others].map((snapshot) => snapshot && ids(snapshot)),
        [['a', 'b'], ['a'], ['a'], ['a']],
      )
      equal(asked.length, 2)
    },
  },
  {
    name: 'onEmpty keeps the last instances',
    async run(context) {
      await put(context, 'web/a')
      const { resolver } = start(context, { maxAgeMs: 0, onEmpty: { keepLastMs: 60_000 } })
      await resolver.resolve('web')
      await context.etcd.kv.delete(`${context.prefix}services/web/a`)
      const kept = await resolver.resolve('web')
      equal([ids(kept), kept.stale], [['a'], true])
      equal(ids(await resolver.resolve('web', { consistency: 'strong' })), [])
    },
  },
]
