import { posix } from 'node:path'
import type { SourceFile } from './source-file.ts'
import type { Import } from './syntax.ts'

/**
 * Which parts of `src/` each part may import. What is not here may not be there: a new folder is a decision about the
 * direction of imports.
 */
const leaves = ['errors', 'backoff', 'notify', 'check-ms', 'never-sent', 'is-browser']

const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  backoff: [],
  notify: [],
  'check-ms': [],
  'never-sent': [],
  'is-browser': [],
  'http-client': leaves,
  instance: leaves,
  registry: ['instance', 'http-client', ...leaves],
  resolver: ['instance', 'http-client', ...leaves],
  testing: [],
  tls: ['errors'],
  index: ['http-client', 'instance', 'registry', 'resolver', ...leaves],
}

const wireTypes = /^src\/http-client\/wire(-admin)?\.ts$/

/** Imports go one way, and into another folder only through its `index.ts`. */
export function checkDirection({ path }: SourceFile, { specifier, isType }: Import): string | undefined {
  const own = partOf(path)
  if (!specifier.startsWith('.')) return checkByName(path, specifier)
  const target = posix.join(posix.dirname(path), specifier)
  const area = areaOf(path)
  if (area === 'src') return checkInside(own, target, isType)
  if (['worker', 'examples'].includes(area) && areaOf(target) !== area) {
    return `imports ${target}: what is outside of ${area}/ is imported by the package's name`
  }
  return undefined
}

function checkInside(own: string, target: string, isType: boolean): string | undefined {
  if (areaOf(target) !== 'src') return `imports ${target}, which is outside of src/`
  const allowed = mayImport[own]
  if (allowed === undefined) return `"${own}" has no place in the import direction yet`
  const other = partOf(target)
  if (other === own) return undefined
  if (own === 'testing' && wireTypes.test(target)) return isType ? undefined : `imports more than types from ${target}`
  if (!allowed.includes(other)) return `imports ${target}: ${own} may not import ${other}`
  const isDoor = leaves.includes(other) || target === `src/${other}/index.ts`
  return isDoor ? undefined : `imports ${target}, past the door src/${other}/index.ts`
}

function checkByName(path: string, specifier: string): string | undefined {
  if (!/^etcd-edge(\/|$)/.test(specifier)) return undefined
  if (areaOf(path) === 'src') return `imports ${specifier}, itself by its own name`
  if (areaOf(path) === 'worker' && specifier === 'etcd-edge/testing') return `imports ${specifier}, which is for tests`
  return undefined
}

const areaOf = (path: string) => path.split('/')[0] ?? ''

/** `src/registry/registrar.ts` belongs to `registry`, `src/errors.ts` to `errors`. */
const partOf = (path: string) => path.split('/')[1]?.replace(/\.ts$/, '') ?? ''
