import type { SourceFile } from './source-file.ts'

/** Longer, and it is more than one concept. A suite of tests may be a long list. */
const mostLines = 250
const capped = /^(src|worker|tools|bench|examples|test\/support|test\/package)\//

/** Names that say nothing of what is inside, so that everything ends up there. */
const emptyNames = /^(utils?|helpers?|common|shared|libs?|types?|constants?|misc)$/i

/** A file is small, and it and its folders are named after what they hold. */
export function checkShape({ path, text }: SourceFile): readonly string[] {
  const complaints: string[] = []
  const lines = text.replace(/\n$/, '').split('\n').length
  if (lines > mostLines && capped.test(path)) complaints.push(`${lines} lines, more than ${mostLines}`)
  for (const segment of path.split('/')) {
    const [stem = ''] = segment.split('.')
    if (emptyNames.test(stem)) complaints.push(`"${stem}" is no name for a file or folder`)
  }
  return complaints
}
