import { afterAll, beforeAll, describe } from 'vitest'
import { authSuite } from './auth-suite.ts'
import { etcdTargets, simulatorTargets, type Target } from './target.ts'

// Each has a target of its own: authentication is a state of the whole etcd.
for (const { name, open } of [...simulatorTargets, ...etcdTargets]) {
  describe(name, () => {
    let target: Target
    beforeAll(async () => {
      target = await open()
    })
    afterAll(async () => {
      await target?.close()
    })
    describe('auth', () => authSuite(() => target))
  })
}
