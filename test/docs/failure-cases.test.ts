import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const rows = read('docs/failure-cases.md')
  .split('\n')
  .filter((line) => /^\| (\d+)? ?\|/.test(line))
  .map((line) => line.split(' | ').at(-1)?.replace(/ \|$/, '') ?? '')

/** The source of each suite that a row may name, by the name of its file. */
const suites = new Map<string, string>()
const folders = ['registry/', 'resolver/', 'http-client/', 'worker/', 'runtimes/']
const units = ['unit/registry/', 'unit/resolver/', 'unit/http-client/']
for (const folder of [...folders, ...units].map((each) => `test/${each}`)) {
  for (const file of readdirSync(new URL(folder, root)).filter((each) => each.endsWith('.test.ts'))) {
    const suite = file.replace('.test.ts', '')
    suites.set(suite, (suites.get(suite) ?? '') + read(folder + file))
  }
}

describe('docs/failure-cases.md', () => {
  it('has a row for each case', () => {
    expect(rows.length).toBeGreaterThan(70)
  })

  it.each(rows)('names a test that there is: %s', (cell) => {
    const [, suite = '', name = ''] = /^`([\w-]+)`: (.+)$/.exec(cell) ?? []
    const names = [...(suites.get(suite)?.matchAll(/\b(?:it|test)(?:\.each\([\s\S]*?\))?\(\s*'([^']+)'/g) ?? [])]
    expect(names.map(([, found]) => found)).toContain(name)
  })
})
