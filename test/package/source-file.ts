import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file of this repository: where it is, from the root on with slashes, and what is in it. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** Where people write code by hand. */
const folders = ['src', 'worker', 'tools', 'test', 'bench', 'examples']

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export function readSourceFiles(): readonly SourceFile[] {
  const tops = new Set(readdirSync(root))
  return folders.filter((folder) => tops.has(folder)).flatMap((folder) => filesBelow(folder).map(readSourceFile))
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
}

const readSourceFile = (path: string): SourceFile => ({ path, text: readText(path) })
