/** Calls a service by its name, whoever serves it just now: service-fetch.ts [http://service/path] [etcd URL] */
import { createEtcdClient, createResolver, createServiceFetch } from 'etcd-edge'

const [, , url = 'http://web/', etcdUrl = 'http://127.0.0.1:2379'] = process.argv
const resolver = createResolver(createEtcdClient({ endpoints: [etcdUrl] }))
const serviceFetch = createServiceFetch(resolver, { perAttemptTimeoutMs: 2000, timeoutMs: 5000 })

const response = await serviceFetch(url)
console.log(`${response.status} from ${new URL(response.url).host}: ${await response.text()}`)
