/**
 * Calls a service through go-kit's shape: instancer, endpointer, balancer, retry. Two instances are registered, of which one is
 * down; the other is etcd itself, so that there is something to call: endpointer-with-retry.ts [etcd URL]
 */
import {
  createEndpointer,
  createEtcdClient,
  createInstancer,
  createRegistrar,
  type EndpointOptions,
  keepRegistered,
  retry,
  roundRobin,
} from 'etcd-edge'

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:2379')
const etcd = createEtcdClient({ endpoints: [url.origin] })
const registrar = createRegistrar(etcd)
await using _down = await keepRegistered(registrar, { service: 'health', address: '127.0.0.1:1' })
await using _up = await keepRegistered(registrar, { service: 'health', address: url.host })

await using instancer = createInstancer(etcd, 'health')
await using endpointer = createEndpointer(
  instancer,
  ({ address }) => ({
    async endpoint(path: string, { signal }: EndpointOptions) {
      const response = await fetch(`http://${address}${path}`, { signal })
      if (!response.ok) throw new Error(`${address} answered ${response.status}`)
      return response.text()
    },
    close: () => console.log(`let go of ${address === url.host ? 'the one that is up' : 'the one that is down'}`),
  }),
  { invalidateOnErrorMs: 60_000, onError: ({ address }, error) => console.error(`${address}: ${error}`) },
)
await instancer.ready()

// Two attempts find the one that is up, wherever the balancer starts.
const call = retry(2, 5000, roundRobin(endpointer))
console.log(`answer: ${await call('/health')}`)
