import type { SourceFile } from './source-file.ts'
import type { Syntax, TopLevelVariable } from './syntax.ts'

const environments = /^(globalThis\.)?(process|Deno|Bun)$|^import\.meta$/
const containers = ['Map', 'Set', 'WeakMap', 'WeakSet', 'AbortController']

/** The core reads no environment, keeps no state between calls and is written in a language that all runtimes know. */
export function checkPurity({ path }: SourceFile, syntax: Syntax): readonly string[] {
  const complaints: string[] = []
  if (path.startsWith('src/')) {
    for (const kind of syntax.declarationKinds) {
      if (kind.includes('using')) complaints.push(`"${kind}" is a syntax error in Node 22`)
    }
    for (const object of syntax.environments) {
      if (environments.test(object)) complaints.push(`reads ${object}.env; options are passed`)
    }
  }
  if (/^(src|worker)\//.test(path) && path !== 'worker/entry.ts') {
    complaints.push(...syntax.topLevelVariables.filter(isState).map(({ name }) => `"${name}" is state of the module`))
  }
  return complaints
}

function isState({ kind, startsAsEmpty = '' }: TopLevelVariable): boolean {
  return kind === 'let' || kind === 'var' || containers.includes(startsAsEmpty)
}
