import { createEtcdClient, type FetchLike } from 'etcd-edge/http-client'
import type { InstanceFormat } from 'etcd-edge/instance'
import { createInstancer, type Instancer, type InstancerEvent } from 'etcd-edge/resolver'
import type { CaseContext, ClientCase } from './client-case.ts'
import { cuttingFetch } from './cutting-fetch.ts'
import { equal, failure, isTrue } from './portable-assert.ts'
import { idsOf, portableService, record, switchedClient } from './portable-service.ts'

/** The live set of a service, in every runtime. */
export const instancerCases: readonly ClientCase[] = [
  {
    name: 'an instancer lists, sees each change, and tells a newcomer the set',
    async run(context) {
      const { format, put, remove } = portableService(context)
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
      const { format, put } = portableService(context)
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
      const { format, put } = portableService(context)
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
