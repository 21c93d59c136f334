// One round of looking at what is known, in a process of its own: resolve-round.ts <case> <endpoint> <service> <operations>.
// It prints {"ns":N,"bytes":N}, time and heap of one operation; the young generation has to hold all of it.
import { createEtcdClient } from 'etcd-edge/http-client'
import { createInstancer, createResolver } from 'etcd-edge/resolver'

const [, , name = '', endpoint = '', service = '', operations = ''] = process.argv
const etcd = createEtcdClient({ endpoints: [endpoint] })
const instancer = createInstancer(etcd, service)
await instancer.ready()
const known = instancer.snapshot()
await instancer.close()
// As old as a test machine may be slow.
const resolver = createResolver(etcd, { maxAgeMs: 600_000 })
await resolver.resolve(service)
const map = new Map(Array.from({ length: 100 }, (_, index) => [index === 50 ? service : `service-${index}`, known]))
const resolved = Promise.resolve(known)

/** What nobody looks at may be left out by the compiler. */
let last: unknown

const runs: Readonly<Record<string, (count: number) => unknown>> = {
  snapshot(count) {
    for (let index = 0; index < count; index++) last = instancer.snapshot()
  },
  map(count) {
    for (let index = 0; index < count; index++) last = map.get(service)
  },
  async resolve(count) {
    for (let index = 0; index < count; index++) last = await resolver.resolve(service)
  },
  async promise(count) {
    for (let index = 0; index < count; index++) last = await resolved
  },
}

const run = runs[name]
if (run === undefined) throw new Error(`there is no case "${name}"`)
const count = Number(operations)
await run(count / 10)
globalThis.gc?.()
const { heapUsed } = process.memoryUsage()
const startedAt = performance.now()
await run(count)
const ms = performance.now() - startedAt
const bytes = process.memoryUsage().heapUsed - heapUsed
console.log(JSON.stringify({ ns: (ms * 1e6) / count, bytes: bytes / count, last: typeof last }))
