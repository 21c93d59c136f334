import { grpcNaming } from 'etcd-edge/instance'
import { describeFramework } from './describe-framework.ts'
import type { OursToTheirs } from './framework.ts'

const address = '10.0.0.7:50051'
const own = { id: 'b', address, weight: 7, tags: { env: 'prod' }, zone: 'z1', version: 'v2' } as const
const moved: OursToTheirs['changed'] = { ...own, address: '10.0.0.8:50051', weight: 9 }

describeFramework({
  name: 'etcd naming: endpoints',
  module: 'go.etcd.io/etcd/client/v3',
  program: 'grpc-naming',
  format: grpcNaming(),
  directory: 'svc/',
  oursToTheirs: {
    registered: own,
    seen: { id: 'b', address, metadata: { env: 'prod', version: 'v2', weight: '7', zone: 'z1' } },
    changed: moved,
    seenChanged: {
      id: 'b',
      address: '10.0.0.8:50051',
      metadata: { env: 'prod', version: 'v2', weight: '9', zone: 'z1' },
    },
  },
  theirsToOurs: {
    registered: { id: 'b', address, metadata: { env: 'prod', weight: '7', zone: 'z1', version: 'v2' } },
    seen: {
      ...own,
      tags: { env: 'prod', zone: 'z1', version: 'v2' },
      // Here the weight is a text, where we write a number.
      extra: { metadata: '{"env":"prod","version":"v2","weight":"7","zone":"z1"}' },
    },
    assumed: { scheme: 'grpc' },
  },
})

describeFramework({
  name: 'etcd naming: resolver',
  module: 'go.etcd.io/etcd/client/v3',
  program: 'grpc-naming',
  view: 'grpc',
  format: grpcNaming(),
  directory: 'svc/',
  oursToTheirs: {
    registered: own,
    // All that gRPC is told.
    seen: { address },
    lost: ['id', 'weight', 'tags', 'zone', 'version'],
    changed: moved,
    seenChanged: { address: '10.0.0.8:50051' },
  },
})
