/** Prints the instances of a service whenever they change: watch-instances.ts [service] [etcd URL] */
import { createEtcdClient, createInstancer } from 'etcd-edge'

const [, , service = 'web', url = 'http://127.0.0.1:2379'] = process.argv
const instancer = createInstancer(createEtcdClient({ endpoints: [url] }), service)
instancer.subscribe((event) => {
  if (event.type === 'error') return console.log(`trouble: ${event.error}`)
  console.log(`${service}: ${event.snapshot.instances.map(({ address }) => address).join(' ') || 'nobody'}`)
})

process.on('SIGINT', () => instancer.close())
process.on('SIGTERM', () => instancer.close())
