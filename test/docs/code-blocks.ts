import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A block of TypeScript on a page of `docs/`. */
export interface CodeBlock {
  /** The line of the page that it begins at. */
  readonly line: number
  readonly code: string
  /** What it says that it prints: the comments behind its `console.log`s, in order, with a space in between. */
  readonly prints: string
}

export function readCodeBlocks(page: string): readonly CodeBlock[] {
  const text = readFileSync(root + page, 'utf8')
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = '', index }) => ({
    line: text.slice(0, index).split('\n').length + 1,
    code,
    prints: [...code.matchAll(/console\.log\(.*\/\/ (.+)$/gm)].map(([, comment]) => comment).join(' '),
  }))
}

/**
 * Runs a block as the body of an async function, its imports being those that are given.
 * @returns what it has printed, with a space in between
 */
export async function runCodeBlock({ code }: CodeBlock, modules: Readonly<Record<string, object>>): Promise<string> {
  const printed: string[] = []
  const log = (...values: readonly unknown[]) => void printed.push(...values.map(String))
  const body = stripTypeScriptTypes(code).replace(
    /^import \{(.*?)\} from '(.*?)'$/gms,
    (_, names: string, from: string) => `const {${names}} = modules['${from}']`,
  )
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor
  await new AsyncFunction('modules', 'console', body)(modules, { log })
  return printed.join(' ')
}

/** Compiles blocks against the built package, as a user's strict project would. @returns the compiler's complaints */
export async function typeCheck(name: string, blocks: readonly CodeBlock[]): Promise<string> {
  const folder = `${root}.cache/docs/${name}/`
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const { line, code } of blocks) await writeFile(`${folder}line-${line}.ts`, `${code}\nexport {}\n`)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'ESNext',
    module: 'NodeNext',
    lib: ['ESNext', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    types: [],
    exactOptionalPropertyTypes: true,
  }
  await writeFile(`${folder}tsconfig.json`, JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const run = promisify(execFile)(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', folder])
  return run.then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }) => stdout + stderr,
  )
}
