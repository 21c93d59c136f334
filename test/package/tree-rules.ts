import { checkPurity } from './core-purity.ts'
import { checkShape } from './file-shape.ts'
import { checkDirection } from './import-direction.ts'
import { checkPackageImport } from './package-imports.ts'
import type { SourceFile } from './source-file.ts'
import { readSyntax } from './syntax.ts'

/** Everything about the source tree that is against the rules of ARCHITECTURE.md, one line each. */
export function checkTree(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => checkFile(file).map((complaint) => `${file.path}: ${complaint}`))
}

function checkFile(file: SourceFile): readonly string[] {
  const syntax = readSyntax(file)
  const imports = syntax.imports.flatMap((each) => [checkDirection(file, each), checkPackageImport(file, each)])
  return [...checkShape(file), ...checkPurity(file, syntax), ...imports.filter((complaint) => complaint !== undefined)]
}
