import { raw } from 'etcd-edge/instance'
import { describeFramework } from './describe-framework.ts'

const url = 'http://10.0.0.5:8080'

describeFramework({
  name: 'go-kit',
  module: 'github.com/go-kit/kit',
  program: 'go-kit',
  format: raw(),
  oursToTheirs: {
    registered: { id: 'a', address: '10.0.0.5:8080', scheme: 'http' },
    // The string that a factory of go-kit's is given: it has no key, and so no id.
    seen: { address: url },
    lost: ['id'],
    changed: { id: 'a', address: '10.0.0.5:8081', scheme: 'http' },
    seenChanged: { address: 'http://10.0.0.5:8081' },
  },
  theirsToOurs: {
    registered: { address: '10.0.0.5:8080', scheme: 'http' },
    seen: { id: '10.0.0.5:8080', address: '10.0.0.5:8080', scheme: 'http', extra: { value: url } },
    assumed: { weight: 100, tags: {} },
  },
})
