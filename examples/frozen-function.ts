/**
 * A function that is frozen between calls and registers itself on the way: frozen-function.ts [etcd URL] [calls]
 *
 * Nothing is sent while more than two thirds of the TTL are left, so each call may do it. No timer is needed, and none runs.
 */
import { createEtcdClient, createRegistrar, type Registration } from 'etcd-edge'

const [, , url = 'http://127.0.0.1:2379', times = '3'] = process.argv
const sent: string[] = []
const etcd = createEtcdClient({ endpoints: [url], observer: { onRequest: ({ call }) => sent.push(call) } })
const registrar = createRegistrar(etcd, { ttlSeconds: 60 })
/** What a platform keeps for a function: a KV entry, a cookie, a row. */
const storage = new Map<string, string>()

async function handle(): Promise<void> {
  const text = storage.get('registration')
  const previous: Registration | undefined = text === undefined ? undefined : JSON.parse(text)
  const instance = { service: 'fn', id: 'fn-1', address: '203.0.113.9:443' }
  storage.set('registration', JSON.stringify(await registrar.register(instance, { previous })))
}

for (let call = 1; call <= Number(times); call++) {
  await handle()
  console.log(`call ${call}: ${sent.splice(0).join(' ') || 'nothing sent'}`)
}
