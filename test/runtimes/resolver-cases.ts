import { createEtcdClient, type EtcdClient, type FetchLike } from 'etcd-edge/http-client'
import { type InstanceFormat, native } from 'etcd-edge/instance'
import {
  type Balancer,
  consistentHash,
  createInstancer,
  createResolver,
  type Instancer,
  type InstancerEvent,
  leastLoaded,
  random,
  roundRobin,
  type ServiceSnapshot,
  weighted,
} from 'etcd-edge/resolver'
import type { CaseContext, ClientCase } from './client-case.ts'
import { cuttingFetch } from './cutting-fetch.ts'
import { equal, failure, isTrue } from './portable-assert.ts'

const record = (port: number, more: object = {}) => JSON.stringify({ address: `10.0.0.1:${port}`, ...more })

const idsOf = ({ instances }: ServiceSnapshot) => instances.map(({ id }) => id).join()

function startIn({ etcd, prefix }: CaseContext) {
  const format: InstanceFormat = native({ prefix: `${prefix}services` })
  const keyOf = (id: string) => `${prefix}services/web/${id}`
  return {
    format,
    put: (id: string, value: string) => etcd.kv.put(keyOf(id), value),
    remove: (id: string) => etcd.kv.delete(keyOf(id)),
  }
}

/** A client whose line to etcd has a switch. */
function switchedClient(url: string): { readonly etcd: EtcdClient; readonly line: { isDown: boolean; calls: number } } {
  const line = { isDown: false, calls: 0 }
  const switched: FetchLike = (input, init) => {
    line.calls += 1
    return line.isDown ? Promise.reject(new TypeError('fetch failed')) : fetch(input, init)
  }
  return { etcd: createEtcdClient({ endpoints: [url], fetch: switched }), line }
}

/** What stays current, and what picks from it, in every runtime. */
export const resolverCases: readonly ClientCase[] = [
  {
    name: 'an instancer lists, sees each change, and tells a newcomer the set',
    async run(context) {
      const { format, put, remove } = startIn(context)
      await put('a', record(1))
      const instancer = createInstancer(context.etcd, 'web', { format })
      const changes: string[] = []
      const note = ({ change }: InstancerEvent & { type: 'snapshot' }) =>
        changes.push([change.added, change.updated, change.removed].map((list) => list.map(({ id }) => id)).join('|'))
      instancer.subscribe((event) => event.type === 'snapshot' && note(event))
      await instancer.ready()
      await put('b', record(2))
      await until(instancer, () => idsOf(instancer.snapshot()) === 'a,b')
      await put('b', record(2, { weight: 5 }))
      await until(instancer, () => instancer.snapshot().instances[1]?.weight === 5)
      await remove('a')
      await until(instancer, () => idsOf(instancer.snapshot()) === 'b')
      equal(changes, ['a||', 'b||', '|b|', '||a'])
      instancer.subscribe((event) => event.type === 'snapshot' && note(event))
      equal(changes.at(-1), 'b||')
      await instancer.close()
      await put('c', record(3))
      equal([changes.length, idsOf(instancer.snapshot())], [5, 'b'])
      equal((await failure(createClosed(context, format))).code, 'UNAVAILABLE')
    },
  },
  {
    name: 'an instancer resumes after errors, ends and silence, without a second list',
    async run(context) {
      const { format, put } = startIn(context)
      const paths: string[] = []
      const cut = cuttingFetch(['error', 'end', 'silence', 'error', 'end'])
      const noting: FetchLike = (input, init) => {
        paths.push(input.replace(/^.*\/v3\//, ''))
        return cut(input, init)
      }
      const etcd = createEtcdClient({ endpoints: [context.url], fetch: noting })
      const instancer = createInstancer(etcd, 'web', { format, watch: { idleMs: 1000 } })
      await instancer.ready()
      for (let index = 0; index < 8; index++) {
        await put(`i${index}`, record(index + 1))
        await until(instancer, () => instancer.snapshot().instances.length === index + 1 && !instancer.snapshot().stale)
      }
      equal(paths.filter((path) => path === 'kv/range').length, 1)
      isTrue(paths.filter((path) => path === 'watch').length > 5, 'the stream was opened again after each cut')
      await instancer.close()
    },
  },
  {
    name: 'an instancer that cannot reach etcd says so, keeps its set, and goes on',
    async run(context) {
      const { format, put } = startIn(context)
      const { etcd, line } = switchedClient(context.url)
      line.isDown = true
      // The stream is opened anew all the time, so that it finds the line down.
      const instancer = createInstancer(etcd, 'web', { format, watch: { idleMs: 200 } })
      equal((await failure(instancer.ready())).code, 'UNAVAILABLE')
      line.isDown = false
      await put('a', record(1))
      await until(instancer, () => idsOf(instancer.snapshot()) === 'a')
      line.isDown = true
      await until(instancer, () => instancer.snapshot().stale)
      await put('b', record(2))
      equal(idsOf(instancer.snapshot()), 'a')
      line.isDown = false
      await until(instancer, () => idsOf(instancer.snapshot()) === 'a,b' && !instancer.snapshot().stale)
      await instancer.close()
    },
  },
  {
    name: 'a resolver keeps its answer, gives the last good one while etcd is away, and says so',
    async run(context) {
      const { format, put } = startIn(context)
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
      const { format, put } = startIn(context)
      await put('a', record(1, { tags: { env: 'ä→😀' } }))
      const seed = JSON.stringify(await createResolver(context.etcd, { format }).resolve('web'))
      const { etcd, line } = switchedClient(context.url)
      line.isDown = true
      const resolver = createResolver(etcd, { format, maxAgeMs: 60_000 })
      resolver.seed(JSON.parse(seed))
      equal([JSON.stringify(await resolver.resolve('web')), line.calls], [seed, 0])
    },
  },
  {
    name: 'every balancer picks who may be picked, and leaves alone who has failed',
    async run(context) {
      const { format, put } = startIn(context)
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

/** What an instancer that is closed says to whoever waits for it. */
async function createClosed({ etcd }: CaseContext, format: InstanceFormat): Promise<void> {
  const instancer = createInstancer(etcd, 'web', { format })
  await instancer.close()
  await instancer.ready()
}

/** Waits for an event behind which something is so. */
async function until(instancer: Instancer, isSo: () => boolean): Promise<void> {
  let stop = () => {}
  const isNow = () => {
    try {
      return isSo()
    } catch {
      // There is no snapshot yet.
      return false
    }
  }
  await new Promise<void>((resolve) => {
    stop = instancer.subscribe(() => {
      if (isNow()) resolve()
    })
  })
  stop()
}
