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
 * What an application ships whose own code is `code`, with imports relative to the root of this package: minified, for no
 * runtime in particular.
 */
export async function bundle(code: string): Promise<Bundle> {
  const builtins = new Set<string>()
  const result = await build({
    configFile: false,
    root,
    logLevel: 'silent',
    plugins: [applicationOf(code), noteBuiltins(builtins)],
    build: {
      write: false,
      minify: true,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: { input: application, preserveEntrySignatures: 'strict' },
    },
  })
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((each) => ('output' in each ? each.output : []))
  const chunks = outputs.filter((output) => output.type === 'chunk')
  const built = chunks.map((chunk) => chunk.code).join('\n')
  const modules = chunks.flatMap((chunk) => chunk.moduleIds)
  return {
    code: built,
    builtins: [...builtins],
    packages: packagesOf(modules),
    gzipBytes: gzipSync(built).byteLength,
  }
}

const application = join(root, 'application.js')

function applicationOf(code: string): Plugin {
  return {
    name: 'application',
    enforce: 'pre',
    resolveId: (id) => (id === application ? id : null),
    load: (id) => (id === application ? code : null),
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
