import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'vite'
import { root } from './source-file.ts'

export interface Bundle {
  readonly code: string
  /** Modules of Node or Bun that something in it wants. */
  readonly builtins: readonly string[]
  /** The packages that it is made of, besides this one. */
  readonly packages: readonly string[]
  readonly gzipBytes: number
}

/**
 * What an application ships that imports these names from `entry`, a built file, or everything behind it: minified, for no
 * runtime in particular.
 */
export async function bundle(entry: string, names?: readonly string[]): Promise<Bundle> {
  const builtins = new Set<string>()
  const result = await build({
    configFile: false,
    root,
    logLevel: 'silent',
    plugins: [importOf(names), noteBuiltins(builtins)],
    build: {
      write: false,
      minify: true,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: { input: join(root, entry), preserveEntrySignatures: 'strict' },
    },
  })
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((each) => ('output' in each ? each.output : []))
  const chunks = outputs.filter((output) => output.type === 'chunk')
  const code = chunks.map((chunk) => chunk.code).join('\n')
  const modules = chunks.flatMap((chunk) => chunk.moduleIds)
  return { code, builtins: [...builtins], packages: packagesOf(modules), gzipBytes: gzipSync(code).byteLength }
}

/** The entry as an application sees it that takes some names of it. */
function importOf(names: readonly string[] | undefined): Plugin {
  const query = '?application'
  return {
    name: 'import-of',
    enforce: 'pre',
    resolveId: (id, importer) => (names !== undefined && importer === undefined ? `${id}${query}` : null),
    load: (id) => (id.endsWith(query) ? `export { ${names} } from '${id.slice(0, -query.length)}'` : null),
  }
}

function noteBuiltins(found: Set<string>): Plugin {
  return {
    name: 'note-builtins',
    enforce: 'pre',
    resolveId(id) {
      if (/^(node|bun):/.test(id) || builtinModules.includes(id)) found.add(id)
      return null
    },
  }
}

function packagesOf(modules: readonly string[]): readonly string[] {
  const names = modules.map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].sort()
}
