import { readFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { InteropProof } from './interop-proof.ts'

const fields = ['address', 'scheme', 'id', 'weight', 'tags', 'zone', 'version']
const events = ['change', 'deregister', 'expiry']
const modules = readFileSync(new URL('../../interop/go/go.mod', import.meta.url), 'utf8')

/** Prints what of an instance, and of its life, each framework's own code and ours have seen of each other. */
export default class InteropTableReporter implements Reporter {
  onTestRunEnd(testModules: readonly TestModule[]): void {
    const rows = new Map<string, Map<string, string>>()
    for (const test of testModules.flatMap((module) => [...module.children.allTests()])) {
      const proof = test.meta().interop
      if (proof === undefined) continue
      const name = `${proof.framework}\0${versionOf(proof.module)}\0${proof.direction}`
      const row = rows.get(name) ?? new Map<string, string>()
      for (const [column, cell] of cellsOf(test, proof)) row.set(column, cell)
      rows.set(name, row)
    }
    if (rows.size === 0) return
    const columns = [...fields, ...events]
    const lines = [...rows]
      .sort(([a], [b]) => a.localeCompare(b, 'en'))
      .map(([name, row]) => [...name.split('\0'), ...columns.map((column) => row.get(column) ?? '–')])
    console.log(`\n${align([['framework', 'version', 'direction', ...columns], ...lines])}`)
    console.log('yes: the other side has seen it; lost: it does not look at it; –: there is no such thing')
  }
}

function cellsOf(test: TestCase, proof: InteropProof): readonly (readonly [column: string, cell: string])[] {
  const { state } = test.result()
  const { fields: given = [], lost = [], event } = proof
  const shown = [...given, ...(event === undefined ? [] : [event])]
  return shown.map((column) => {
    if (state === 'failed') return [column, 'FAILED']
    if (state !== 'passed') return [column, 'not run']
    return [column, lost.includes(column) ? 'lost' : 'yes']
  })
}

/** As `interop/go` pins it; the commit where there is no release. */
function versionOf(module: string): string {
  const line = modules.split('\n').find((candidate) => candidate.trim().startsWith(`${module} `))
  const version = line?.trim().split(' ')[1] ?? '?'
  return /-\d{14}-([0-9a-f]{12})$/.exec(version)?.[1] ?? version
}

function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
