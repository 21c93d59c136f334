/** A service that stays registered for as long as it runs. Run it on Node, Deno or Bun: keep-registered.ts [etcd URL] [TTL] */
import { createEtcdClient, createRegistrar, keepRegistered } from 'etcd-edge'

const [, , url = 'http://127.0.0.1:2379', ttl = '30'] = process.argv
const registrar = createRegistrar(createEtcdClient({ endpoints: [url] }), { ttlSeconds: Number(ttl) })
const session = await keepRegistered(registrar, { service: 'web', address: '10.0.0.7:80' })
session.subscribe((event) => console.log(event.type === 'state' ? event.state : `trouble: ${event.error}`))
process.on('SIGINT', () => session.close())
process.on('SIGTERM', () => session.close())
console.log(`registered as ${session.status().registration.key}`)

await session.closed
