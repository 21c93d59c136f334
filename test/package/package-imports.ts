import { builtinModules } from 'node:module'
import type { SourceFile } from './source-file.ts'
import type { Import } from './syntax.ts'

interface Rule {
  /** The specifiers that it is about. */
  readonly of: RegExp
  /** The only files that may import them. */
  readonly only: RegExp
  readonly because: string
}

const builtin = new RegExp(`^(node:|bun(:|$)|(${builtinModules.join('|')})$)`)

const rules: readonly Rule[] = [
  {
    of: /^ky(\/|$)/,
    only: /^src\/http-client\/gateway\.ts$|^test\//,
    because: 'unary calls leave the process in one place',
  },
  { of: /^hono(\/|$)/, only: /^worker\//, because: 'the library has no HTTP server' },
  { of: /^cloudflare:/, only: /^(worker\/entry\.ts$|test\/)/, because: 'all else runs in any runtime' },
  { of: builtin, only: /^(test|tools|bench)\/|^src\/tls\/node\.ts$/, because: 'Workers and browsers have no Node' },
  {
    of: /^undici(\/|$)/,
    only: /^(test|tools|bench)\/|^src\/tls\/node\.ts$/,
    because: 'Workers and browsers have no Node',
  },
  { of: /^zod(?!\/mini$)/, only: /^(test|tools|bench)\//, because: 'zod/mini is a fifth of the size' },
  { of: /^zod(\/|$)/, only: /^(worker|test|tools|bench)\//, because: 'a program that only resolves would double' },
  { of: /^msw(\/|$)/, only: /^(src\/testing\/handlers\.ts$|test\/)/, because: 'it is an optional peer' },
  {
    of: /^(@opentelemetry\/|prom-client$)/,
    only: /^(examples\/observe-|test\/)/,
    because: 'the library has hooks for any of its kind',
  },
]

/** What a user of the package gets with it, or has when an example is about that. */
const shipped = /^(ky|hono|zod|msw|undici|etcd-edge|@opentelemetry|prom-client)(\/|$)|^cloudflare:|^node:/

/** Packages and platform modules are imported only where they belong. */
export function checkPackageImport({ path }: SourceFile, { specifier }: Import): string | undefined {
  if (specifier.startsWith('.')) return undefined
  const broken = rules.find(({ of, only }) => of.test(specifier) && !only.test(path))
  if (broken !== undefined) return `imports ${specifier}: ${broken.because}`
  if (/^(src|worker|examples)\//.test(path) && !shipped.test(specifier)) {
    return `imports ${specifier}, which a user of the package does not have`
  }
  return undefined
}
