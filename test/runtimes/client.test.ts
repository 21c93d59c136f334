import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithEtcd } from '../support/describe-with-etcd.ts'
import { type Etcd, startEtcd } from '../support/etcd.ts'
import { type CaseOutcome, clientCases } from './client-suite.ts'
import { type PortableInstances, startPortableInstances } from './portable-instances.ts'
import { type SuiteRunner, suiteRunners } from './suite-runners.ts'

const names = clientCases.map(({ name }) => name)

describeWithEtcd('the client, as built', () => {
  const table = new Map<string, readonly CaseOutcome[]>()
  let etcd: Etcd
  let instances: PortableInstances
  beforeAll(async () => {
    etcd = await startEtcd()
    instances = await startPortableInstances(etcd.url)
  })
  afterAll(async () => {
    await instances?.[Symbol.asyncDispose]()
    await etcd?.stop()
    console.log(printed(table))
  })

  describe.each(suiteRunners.filter(canRun))('on $name', ({ name, run }) => {
    let outcomes: readonly CaseOutcome[] = []
    beforeAll(async () => {
      outcomes = await run(etcd.url, `/${name}/`)
      table.set(name, outcomes)
    }, 180_000)

    it.each(names)('%s', (which) => {
      const outcome = outcomes.find((each) => each.name === which)
      expect(outcome).toEqual({ name: which, ms: expect.any(Number) })
    })

    it('leaves no watch and no lease at etcd', async () => {
      const watchers = async () => (await etcd.metrics()).get('etcd_debugging_mvcc_watcher_total')
      await expect.poll(watchers, { timeout: 5000 }).toBe(0)
    })

    it('leaves no request at an instance that never answers', async () => {
      expect(instances.silent.requests.length).toBeGreaterThan(0)
      await expect.poll(instances.silent.busy, { timeout: 5000 }).toBe(0)
    })
  })
})

function canRun({ name, missing }: SuiteRunner): boolean {
  if (missing === undefined) return true
  if (process.env.CI === 'true') throw new Error(`the client on ${name} needs ${missing}`)
  console.warn(`NOT RUN: the client on ${name} – needs ${missing}`)
  return false
}

/** Milliseconds, case by runtime. */
function printed(table: ReadonlyMap<string, readonly CaseOutcome[]>): string {
  const width = Math.max(...names.map(({ length }) => length))
  const cell = (outcome: CaseOutcome | undefined) =>
    outcome === undefined ? '–' : outcome.error === undefined ? `${outcome.ms} ms` : 'FAILED'
  const row = (first: string, cells: readonly string[]) =>
    [first.padEnd(width), ...cells.map((text) => text.padStart(9))].join('  ')
  const rows = names.map((name) =>
    row(
      name,
      [...table.values()].map((outcomes) => cell(outcomes.find((outcome) => outcome.name === name))),
    ),
  )
  return [row('', [...table.keys()]), ...rows].join('\n')
}
