import { kitex } from 'etcd-edge/instance'
import { describeFramework } from './describe-framework.ts'

const address = '10.0.0.9:8888'

describeFramework({
  name: 'Kitex',
  module: 'github.com/kitex-contrib/registry-etcd',
  program: 'kitex',
  format: kitex(),
  oursToTheirs: {
    registered: { address, scheme: 'tcp', weight: 7, tags: { env: 'a&b' }, zone: 'z1', version: 'v2' },
    seen: { address, scheme: 'tcp', weight: 7, metadata: { env: 'a&b', zone: 'z1', version: 'v2' } },
    // Kitex takes no notice of tags that change alone.
    changed: { address, weight: 9, tags: { env: 'c' } },
    seenChanged: { address, scheme: 'tcp', weight: 9, metadata: { env: 'c' } },
    seenEmpty: (service) => ({ error: `no instance remains for ${service}` }),
    polls: true,
    others: [
      {
        what: 'an IPv6 address, with the brackets that its dialer wants',
        registered: { address: '[fd00::5]:8888' },
        seen: { address: '[fd00::5]:8888', scheme: 'tcp', weight: 10 },
      },
    ],
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
    others: [
      {
        what: 'one that says no weight: 10, as for its own clients',
        registered: { address, scheme: 'tcp' },
        seen: [{ address, weight: 10, tags: {} }],
      },
      {
        what: 'an IPv6 address, which it writes without brackets',
        registered: { address: '[fd00::5]:8888', scheme: 'tcp' },
        seen: [{ id: '[fd00::5]:8888', address: '[fd00::5]:8888' }],
      },
    ],
  },
})
