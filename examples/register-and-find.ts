/** Registers two instances, finds them both ways and leaves nothing behind: register-and-find.ts [etcd URL] */
import {
  createEtcdClient,
  createInstancer,
  createRegistrar,
  createResolver,
  keepRegistered,
  roundRobin,
} from 'etcd-edge'

const etcd = createEtcdClient({ endpoints: [process.argv[2] ?? 'http://127.0.0.1:2379'] })
const registrar = createRegistrar(etcd)
await using _one = await keepRegistered(registrar, { service: 'shop', address: '10.0.0.1:80' })
await using _two = await keepRegistered(registrar, { service: 'shop', address: '10.0.0.2:80' })

const { instances } = await createResolver(etcd).resolve('shop')
console.log(`resolved: ${instances.map(({ address }) => address).sort()}`)

await using live = createInstancer(etcd, 'shop')
await live.ready()
const balancer = roundRobin(live)
console.log(`picked: ${[balancer.pick(), balancer.pick()].map(({ address }) => address).sort()}`)
