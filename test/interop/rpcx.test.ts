import { rpcx } from 'etcd-edge/instance'
import { describeFramework } from './describe-framework.ts'

const address = '10.0.0.4:8972'
const own = { address, scheme: 'quic', weight: 7, tags: { env: 'a&b' }, zone: 'z1', version: 'v2' } as const
const pair = { id: `quic@${address}`, address, scheme: 'quic' } as const

describeFramework({
  name: 'rpcx',
  module: 'github.com/rpcxio/rpcx-etcd',
  program: 'rpcx',
  format: rpcx(),
  oursToTheirs: {
    registered: own,
    seen: { ...pair, weight: 7, metadata: { env: 'a&b', version: 'v2', weight: '7', zone: 'z1' } },
    changed: { ...own, weight: 9 },
    seenChanged: { ...pair, weight: 9, metadata: { env: 'a&b', version: 'v2', weight: '9', zone: 'z1' } },
  },
  theirsToOurs: {
    registered: { address, scheme: 'quic', weight: 7, metadata: { env: 'a&b', zone: 'z1', version: 'v2' } },
    seen: { ...own, tags: { env: 'a&b', zone: 'z1', version: 'v2' } },
    assumed: { id: pair.id },
  },
})
