import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const cells = (line: string) => line.split('|').map((cell) => cell.trim().replaceAll('`', ''))
/** Those that say which module runs. */
const rows = read('docs/interop.md')
  .split('\n')
  .map(cells)
  .filter(([, framework, version]) => framework !== '' && version?.startsWith('v') && version !== 'version')

it('docs/interop.md has the modules and versions that run, and all of them', () => {
  const pinned = read('interop/go/go.mod')
  for (const [, , version, module] of rows) expect(pinned).toContain(`\t${module} ${version}\n`)
  const tests = readdirSync(new URL('../interop/', import.meta.url)).filter((name) => name.endsWith('.test.ts'))
  const tested = tests.map((name) => /module: '(.+)'/.exec(read(`test/interop/${name}`))?.[1])
  expect(rows.map(([, , , module]) => module).sort()).toEqual(tested.sort())
})
