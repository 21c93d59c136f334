import { describeWithEtcdAndGo } from '../support/describe-with-etcd.ts'
import type { EtcdBinary } from '../support/etcd-binary.ts'
import type { Framework } from './framework.ts'
import { useInterop } from './interop-setup.ts'
import { oursToTheirs } from './ours-to-theirs.ts'
import { theirsToOurs } from './theirs-to-ours.ts'

/** A framework's own code and ours on one etcd, each reading what the other has written. */
export function describeFramework(framework: Framework): void {
  const suite = (binary: EtcdBinary) => {
    const setup = useInterop(framework, binary)
    oursToTheirs(framework, setup)
    if (framework.theirsToOurs !== undefined) theirsToOurs(framework, framework.theirsToOurs, setup)
  }
  describeWithEtcdAndGo(`${framework.name}: its own code and ours`, suite, framework.leastEtcd)
}
