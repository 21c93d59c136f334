import { goMicro } from 'etcd-edge/instance'
import { describeFramework } from './describe-framework.ts'

const address = '10.0.0.4:34567'
const own = {
  id: 'greeter-6a1e',
  address,
  scheme: 'grpc',
  weight: 7,
  tags: { env: 'a&b' },
  zone: 'z1',
  version: '1.2.0',
} as const
const node = { id: 'greeter-6a1e', address, scheme: 'grpc', version: '1.2.0' } as const
/** What a server of go-micro says of itself. */
const server = { broker: 'http', protocol: 'grpc', registry: 'etcd', server: 'grpc', transport: 'grpc' }

describeFramework({
  name: 'go-micro',
  module: 'github.com/go-micro/plugins/v4/registry/etcd',
  program: 'go-micro',
  format: goMicro(),
  directory: 'acme/',
  oursToTheirs: {
    registered: own,
    seen: { ...node, metadata: { ...server, env: 'a&b', weight: '7', zone: 'z1' } },
    changed: { ...own, address: '10.0.0.4:34568', weight: 9 },
    seenChanged: {
      ...node,
      address: '10.0.0.4:34568',
      metadata: { ...server, env: 'a&b', weight: '9', zone: 'z1' },
    },
  },
  theirsToOurs: {
    registered: { ...node, metadata: { env: 'a&b', weight: '7', zone: 'z1' } },
    seen: { ...own, tags: { env: 'a&b', zone: 'z1' } },
    // The fields of a node are in the order of v2 to v4, and no server has said what it is.
    otherBytes: true,
  },
})
