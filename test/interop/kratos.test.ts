import { kratos } from 'etcd-edge/instance'
import { describeFramework } from './describe-framework.ts'

const address = '10.0.0.5:9000'
const own = {
  id: '4f8a-1',
  address,
  scheme: 'grpc',
  weight: 7,
  tags: { env: 'a&b' },
  zone: 'z1',
  version: 'v2',
} as const
const node = { id: '4f8a-1', address, scheme: 'grpc', version: 'v2' } as const

describeFramework({
  name: 'Kratos',
  module: 'github.com/go-kratos/kratos/contrib/registry/etcd/v2',
  program: 'kratos',
  format: kratos(),
  oursToTheirs: {
    registered: own,
    seen: { ...node, weight: 7, metadata: { env: 'a&b', weight: '7', zone: 'z1' } },
    changed: { ...own, weight: 9 },
    seenChanged: { ...node, weight: 9, metadata: { env: 'a&b', weight: '9', zone: 'z1' } },
  },
  theirsToOurs: {
    registered: { ...node, weight: 7, metadata: { env: 'a&b', zone: 'z1' } },
    seen: { ...own, tags: { env: 'a&b', zone: 'z1' } },
    others: [
      {
        what: 'each endpoint of a record',
        registered: { ...node, scheme: 'grpc,http' },
        seen: [
          { id: '4f8a-1', address, scheme: 'grpc', weight: 100 },
          { id: '4f8a-1#http', address, scheme: 'http', weight: 100 },
        ],
      },
    ],
  },
})
