import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../package/source-file.ts'
import type { CodeBlock } from './code-block.ts'
import { preambles } from './preambles.ts'

const folder = join(root, '.cache/docs')
const fileOf = ({ name }: CodeBlock) => `${name.replaceAll(/[^\w.]+/g, '-')}.ts`
const preambleOf = ({ name }: CodeBlock) => preambles[name] ?? ''

const compilerOptions = {
  composite: false,
  noEmit: true,
  rewriteRelativeImportExtensions: false,
  // A block shows what there is to be had, and need not do anything with it.
  noUnusedLocals: false,
  types: ['node'],
  rootDir: '../..',
  paths: {
    'etcd-edge': ['../../src/index.ts'],
    'etcd-edge/worker': ['../../worker/index.ts'],
    'etcd-edge/*': ['../../src/*/index.ts'],
    undici: ['../../src/tls/undici.d.ts'],
  },
}

/** Writes each block into a file of its own, behind what its page says that there is. */
export function writePrograms(blocks: readonly CodeBlock[]): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const block of blocks) writeFileSync(join(folder, fileOf(block)), preambleOf(block) + block.code)
  const config = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
}

/** Runs a block that was written, and gives what it exports. */
export const runProgram = async (block: CodeBlock): Promise<unknown> => import(join(folder, fileOf(block)))

/**
 * What the compiler has against the blocks that were written, each with its line in the page.
 * @throws Error when it has something against anything else.
 */
export async function compilePrograms(blocks: readonly CodeBlock[]): Promise<readonly string[]> {
  const output = await runCompiler()
  return output
    .split('\n')
    .filter((line) => /^\S/.test(line)) // The others go on about the line above.
    .map((complaint) => {
      const [, file, line, what] = /^(\S+)\((\d+),\d+\): (.*)$/.exec(complaint) ?? []
      const block = blocks.find((each) => fileOf(each) === file)
      if (block === undefined) throw new Error(output)
      const linesAbove = preambleOf(block).split('\n').length - 1
      return `${block.page}:${Number(line) - linesAbove + block.line - 1} ${what}`
    })
}

function runCompiler(): Promise<string> {
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '--pretty', 'false', '-p', folder]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder }, (error, stdout) => {
      if (error !== null && stdout === '') reject(error)
      else resolve(stdout)
    })
  })
}
