// One round inside of workerd: `GET /?url=…&who=ours|theirs&verb=get|put&width=…&count=…` answers with its milliseconds.
import { createEtcdClient } from 'etcd-edge/http-client'
import { bareFetch } from './bare-fetch.ts'
import { inFlight, timed } from './comparison.ts'
import { key, unaryBodies, value } from './unary-record.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const { url = '', who, verb, width, count } = Object.fromEntries(new URL(request.url).searchParams)
    const etcd = createEtcdClient({ endpoints: [url] })
    const floor = bareFetch(url)
    const ours = verb === 'get' ? () => etcd.kv.get(key) : () => etcd.kv.put(key, value)
    const theirs =
      verb === 'get' ? () => floor.call('kv/range', unaryBodies.get) : () => floor.call('kv/put', unaryBodies.put)
    return Response.json(await timed(() => inFlight(Number(count), Number(width), who === 'ours' ? ours : theirs)))
  },
}
