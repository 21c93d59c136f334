import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCase } from './case-run.ts'
import { gatewayCases } from './gateway-case.ts'
import { etcdTargets, simulatorTarget, simulatorTargets, type Target } from './target.ts'

const cases = gatewayCases()
/** `kv-06` belongs to the group `kv`. */
const groups = Map.groupBy(cases, ({ id }) => id.replace(/-.*/, ''))

for (const { name, open } of simulatorTargets) {
  describe.concurrent(name, () => {
    for (const [group, members] of groups) {
      describe(group, () => {
        for (const gatewayCase of members) {
          test(`${gatewayCase.id} ${gatewayCase.title}`, async () => {
            const target = await open()
            await runCase(gatewayCase, target).finally(() => target.close())
          })
        }
      })
    }
  })
}

test('the suite tells one dialect from the other', async () => {
  const wrong = await simulatorTarget('v1')
  const target: Target = { ...wrong, tags: ['v2', '3.6', 'patched'] }
  const outcomes = await Promise.allSettled(cases.map((gatewayCase) => runCase(gatewayCase, target)))
  const failed = cases.filter((_case, i) => outcomes[i]?.status === 'rejected').map(({ id }) => id)
  expect(failed).toEqual(
    expect.arrayContaining(['json-07', 'json-08', 'route-01', 'route-02', 'txn-06', 'watch-09', 'watch-14']),
  )
  await wrong.close()
})

for (const { name, open } of etcdTargets) {
  describe.concurrent(name, () => {
    let target: Target
    beforeAll(async () => {
      target = await open()
    })
    afterAll(async () => {
      await target?.close()
    })
    for (const [group, members] of groups) {
      // One case after the other: they count revisions, and this etcd is shared by all of them.
      describe(group, { concurrent: false }, () => {
        for (const gatewayCase of members) {
          test(`${gatewayCase.id} ${gatewayCase.title}`, () => runCase(gatewayCase, target))
        }
      })
    }
  })
}
