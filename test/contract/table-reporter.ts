import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { missingEtcds } from '../support/etcd-binary.ts'
import { etcdTargets, simulatorTargets } from './target.ts'

interface Count {
  passed: number
  failed: number
}

/** Prints how many cases of each group have passed and failed on each target. */
export default class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const columns = [...simulatorTargets, ...etcdTargets].map(({ name }) => name)
    const rows = countByGroup(modules, columns)
    const total = new Map(columns.map((name) => [name, sum([...rows.values()].map((row) => row.get(name)))]))
    const lines = [
      ['cases', ...columns],
      ...[...rows, ['all', total] as const].map(([group, row]) => [
        group,
        ...columns.map((name) => shown(row.get(name))),
      ]),
    ]
    console.log(`\n${align(lines)}`)
    for (const name of missingEtcds()) console.log(`NOT RUN on ${name}`)
  }
}

type Row = ReadonlyMap<string, Count>

function countByGroup(modules: readonly TestModule[], targets: readonly string[]): ReadonlyMap<string, Row> {
  const rows = new Map<string, Map<string, Count>>()
  for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
    const [target, group] = suitesOf(test)
    const { state } = test.result()
    if (target === undefined || group === undefined || !targets.includes(target) || state === 'skipped') continue
    const row = rows.get(group) ?? new Map<string, Count>()
    const count = row.get(target) ?? { passed: 0, failed: 0 }
    count[state === 'passed' ? 'passed' : 'failed'] += 1
    rows.set(group, row.set(target, count))
  }
  return rows
}

/** The names of the suites that a test is in, from the outside in: the target, then the group. */
function suitesOf(test: TestCase): readonly string[] {
  const names: string[] = []
  for (let suite = test.parent; suite.type === 'suite'; suite = suite.parent) names.unshift(suite.name)
  return names
}

const sum = (counts: readonly (Count | undefined)[]): Count => ({
  passed: counts.reduce((total, count) => total + (count?.passed ?? 0), 0),
  failed: counts.reduce((total, count) => total + (count?.failed ?? 0), 0),
})

function shown(count: Count | undefined): string {
  if (count === undefined) return '–'
  return count.failed === 0 ? `${count.passed}` : `${count.passed} (${count.failed} failed)`
}

function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return lines.map((line) => line.map(cell).join('  ')).join('\n')
}
