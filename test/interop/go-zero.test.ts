import { goZero } from 'etcd-edge/instance'
import { describeFramework } from './describe-framework.ts'

describeFramework({
  name: 'go-zero',
  module: 'github.com/zeromicro/go-zero',
  program: 'go-zero',
  // Its client asks for no old cluster.
  leastEtcd: '3.5',
  format: goZero(),
  directory: 'shop/',
  oursToTheirs: {
    registered: { address: '10.0.0.5:8080' },
    // All that a subscriber is told.
    seen: { address: '10.0.0.5:8080' },
    changed: { address: '10.0.0.6:8080' },
    seenChanged: { address: '10.0.0.6:8080' },
  },
  theirsToOurs: {
    registered: { address: '[fd00::5]:8080' },
    seen: { address: '[fd00::5]:8080' },
    assumed: { scheme: 'grpc', weight: 100, tags: {} },
  },
})
