import {
  type Balancer,
  consistentHash,
  createResolver,
  leastLoaded,
  random,
  roundRobin,
  weighted,
} from 'etcd-edge/resolver'
import type { ClientCase } from './client-case.ts'
import { equal } from './portable-assert.ts'
import { portableService, record } from './portable-service.ts'

/** Who is picked, in every runtime. */
export const balancerCases: readonly ClientCase[] = [
  {
    name: 'every balancer picks who may be picked, and leaves alone who has failed',
    async run(context) {
      const { format, put } = portableService(context)
      await put('a', record(1))
      await put('b', record(2))
      await put('drained', record(3, { weight: 0 }))
      await put('draining', record(4, { status: 'draining' }))
      const { instances } = await createResolver(context.etcd, { format }).resolve('web')
      const byKey = consistentHash(instances)
      let key = 0
      const balancers: readonly Pick<Balancer<(typeof instances)[number]>, 'pick' | 'reportFailure'>[] = [
        ...[roundRobin(instances), random(instances), weighted(instances), leastLoaded(instances)],
        { pick: (options) => byKey.pick({ ...options, key: String(key++) }), reportFailure: byKey.reportFailure },
      ]
      for (const balancer of balancers) {
        const picked = new Set(Array.from({ length: 100 }, () => balancer.pick().id))
        equal([...picked].sort(), ['a', 'b'])
        equal(balancer.pick({ exclude: ['a'] }).id, 'b')
        balancer.reportFailure(balancer.pick({ exclude: ['a'] }))
        equal([...new Set(Array.from({ length: 20 }, () => balancer.pick().id))], ['a'])
      }
    },
  },
]
