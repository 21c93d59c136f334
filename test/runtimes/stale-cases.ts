import { createResolver } from 'etcd-edge/resolver'
import type { ClientCase } from './client-case.ts'
import { equal, failure, isTrue } from './portable-assert.ts'
import { idsOf, portableService, record, switchedClient } from './portable-service.ts'

/** What is answered without asking etcd, in every runtime. */
export const staleCases: readonly ClientCase[] = [
  {
    name: 'a resolver keeps its answer, gives the last good one while etcd is away, and says so',
    async run(context) {
      const { format, put } = portableService(context)
      const { etcd, line } = switchedClient(context.url)
      const resolver = createResolver(etcd, { format, maxAgeMs: 60_000 })
      await put('a', record(1))
      const first = await resolver.resolve('web')
      await put('b', record(2))
      isTrue((await resolver.resolve('web')) === first, 'it is the same answer')
      equal([idsOf(first), line.calls], ['a', 1])
      resolver.expire('web')
      line.isDown = true
      const { stale, updatedAt, instances } = await resolver.resolve('web')
      equal([stale, updatedAt, instances.length], [true, first.updatedAt, 1])
      equal((await failure(resolver.resolve('web', { consistency: 'strong' }))).code, 'UNAVAILABLE')
      equal((await failure(resolver.resolve('other'))).code, 'UNAVAILABLE')
      line.isDown = false
      equal(idsOf(await resolver.resolve('web', { consistency: 'strong' })), 'a,b')
    },
  },
  {
    name: 'a resolver that is seeded answers without etcd',
    async run(context) {
      const { format, put } = portableService(context)
      await put('a', record(1, { tags: { env: 'ä→😀' } }))
      const seed = JSON.stringify(await createResolver(context.etcd, { format }).resolve('web'))
      const { etcd, line } = switchedClient(context.url)
      line.isDown = true
      const resolver = createResolver(etcd, { format, maxAgeMs: 60_000 })
      resolver.seed(JSON.parse(seed))
      equal([JSON.stringify(await resolver.resolve('web')), line.calls], [seed, 0])
    },
  },
]
