import { afterAll, beforeAll, describe } from 'vitest'
import { clientSuite } from './client-suite.ts'
import { etcdTargets, simulatorTargets, type Target } from './target.ts'
import { watchSuite } from './watch-suite.ts'

for (const { name, open } of [...simulatorTargets, ...etcdTargets]) {
  describe.concurrent(name, () => {
    let target: Target
    beforeAll(async () => {
      target = await open()
    })
    afterAll(async () => {
      await target?.close()
    })
    describe('client', { concurrent: false }, () => clientSuite(() => target))
    describe('client watch', { concurrent: false }, () => watchSuite(() => target))
  })
}
