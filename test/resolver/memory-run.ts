import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdClient } from '../../src/http-client/index.ts'
import { createInstancer } from '../../src/resolver/index.ts'
import { keyOf, recordOf } from './many-instances.ts'

/**
 * Run as `node --expose-gc memory-run.ts <url> <instances>` by the suite: follows a service while its instances change, and
 * prints as JSON the heap in bytes after each round of changes.
 */
const [url = '', count = ''] = process.argv.slice(2)
const rounds = 6
const changes = 200

async function heapUsed(): Promise<number> {
  for (let time = 0; time < 5; time++) {
    globalThis.gc?.()
    await sleep(20)
  }
  return process.memoryUsage().heapUsed
}

const etcd = createEtcdClient({ endpoints: [url] })
await using instancer = createInstancer(etcd, 'web')
let told = 0
instancer.subscribe(() => (told += 1))
await instancer.ready()
const heaps: number[] = []
for (let round = 0; round < rounds; round++) {
  let revision = 0
  for (let change = 0; change < changes; change++) {
    const index = (change * 7919 + round) % Number(count)
    revision = (await etcd.kv.put(keyOf(index), recordOf(index, 1 + round))).revision
  }
  while (instancer.snapshot().revision < revision) await sleep(10)
  heaps.push(await heapUsed())
}
console.log(JSON.stringify({ heaps, told, instances: instancer.snapshot().instances.length }))
