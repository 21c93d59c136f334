import { type ESTree, parseSync, Visitor } from 'vite'
import type { SourceFile } from './source-file.ts'

/** Something a module takes from another: `import`, `export … from`, `import()` and `import('…')` in a type. */
export interface Import {
  readonly specifier: string
  /** Nothing of it is left in the built file. */
  readonly isType: boolean
}

/** A declaration outside of any function or block. */
export interface TopLevelVariable {
  readonly kind: string
  readonly name: string
  /** What it starts as: `new Map()` gives `Map`. */
  readonly startsAsEmpty: string | undefined
}

/** What the rules want to know of a file. */
export interface Syntax {
  readonly imports: readonly Import[]
  readonly topLevelVariables: readonly TopLevelVariable[]
  /** Each kind of declaration that occurs anywhere: `const`, `let`, `using`, `await using`. */
  readonly declarationKinds: ReadonlySet<string>
  /** Objects whose `env` is read: `process`, `Deno`, `Bun`, `import.meta`. */
  readonly environments: ReadonlySet<string>
}

export function readSyntax({ path, text }: SourceFile): Syntax {
  const { program, errors } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`)
  const imports: Import[] = []
  const declarationKinds = new Set<string>()
  const environments = new Set<string>()
  const take = (source: ESTree.Expression | null, isType: boolean) => {
    if (source?.type === 'Literal' && typeof source.value === 'string')
      imports.push({ specifier: source.value, isType })
  }
  new Visitor({
    ImportDeclaration: (node) => take(node.source, isTypeOnly(node.importKind, node.specifiers)),
    ExportNamedDeclaration: (node) => take(node.source, isTypeOnly(node.exportKind, node.specifiers)),
    ExportAllDeclaration: (node) => take(node.source, node.exportKind === 'type'),
    ImportExpression: (node) => take(node.source, false),
    TSImportType: (node) => take(node.source, true),
    VariableDeclaration: (node) => void declarationKinds.add(node.kind),
    MemberExpression(node) {
      if (propertyName(node) === 'env') environments.add(text.slice(node.object.start, node.object.end))
    },
  }).visit(program)
  return { imports, declarationKinds, environments, topLevelVariables: program.body.flatMap(topLevelVariables) }
}

// `import { type A, type B }` leaves nothing behind but `import {}`, and `export {}` is no import at all.
function isTypeOnly(kind: string | null | undefined, specifiers: readonly object[]): boolean {
  if (kind === 'type') return true
  const kinds = specifiers.map((specifier) =>
    'importKind' in specifier ? specifier.importKind : Reflect.get(specifier, 'exportKind'),
  )
  return kinds.length > 0 && kinds.every((each) => each === 'type')
}

function propertyName(node: ESTree.MemberExpression): string | undefined {
  if (node.property.type === 'Identifier' && !node.computed) return node.property.name
  if (node.property.type === 'Literal') return String(node.property.value)
  return undefined
}

function topLevelVariables(statement: ESTree.Statement | ESTree.Directive): readonly TopLevelVariable[] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  if (declaration?.type !== 'VariableDeclaration') return []
  return declaration.declarations.map(({ id, init }) => ({
    kind: declaration.kind,
    name: id.type === 'Identifier' ? id.name : 'a pattern',
    startsAsEmpty: startsAsEmpty(init),
  }))
}

function startsAsEmpty(init: ESTree.Expression | null): string | undefined {
  if (init?.type !== 'NewExpression' || init.arguments.length > 0) return undefined
  return init.callee.type === 'Identifier' ? init.callee.name : undefined
}
