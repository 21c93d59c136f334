import { hertz } from 'etcd-edge/instance'
import { describeFramework } from './describe-framework.ts'

const address = '[fd00::5]:8888'

describeFramework({
  name: 'Hertz',
  module: 'github.com/hertz-contrib/registry/etcd',
  program: 'hertz',
  format: hertz(),
  oursToTheirs: {
    registered: { address, scheme: 'tcp', weight: 7, tags: { env: 'a&b' }, zone: 'z1', version: 'v2' },
    seen: { address, scheme: 'tcp', weight: 7, metadata: { env: 'a&b', zone: 'z1', version: 'v2' } },
    changed: { address, weight: 7, tags: { env: 'c' } },
    seenChanged: { address, scheme: 'tcp', weight: 7, metadata: { env: 'c' } },
    polls: true,
  },
  theirsToOurs: {
    registered: { address, scheme: 'tcp', weight: 7, metadata: { env: 'a&b', zone: 'z1', version: 'v2' } },
    seen: {
      address,
      scheme: 'tcp',
      weight: 7,
      tags: { env: 'a&b', zone: 'z1', version: 'v2' },
      zone: 'z1',
      version: 'v2',
    },
    assumed: { id: address },
    // Its tags are in no order.
    otherBytes: true,
    others: [
      {
        what: 'one that says no weight: 10, as for its own clients',
        registered: { address, scheme: 'tcp' },
        seen: [{ address, weight: 10, tags: {} }],
      },
    ],
  },
})
