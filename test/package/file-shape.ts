import type { SourceFile } from './source-file.ts'

/** Longer, and it is more than one concept. */
const mostLines = 250

/** Names that say nothing of what is inside, so that everything ends up there. */
const emptyNames = /^(utils?|helpers?|common|shared|libs?|types?|constants?|misc)$/i

/** A file is small, and it and its folders are named after what they hold. */
export function checkShape({ path, text }: SourceFile): readonly string[] {
  const complaints: string[] = []
  const lines = text.replace(/\n$/, '').split('\n').length
  if (lines > mostLines) complaints.push(`${lines} lines, more than ${mostLines}`)
  for (const segment of path.split('/')) {
    const [stem = ''] = segment.split('.')
    if (emptyNames.test(stem)) complaints.push(`"${stem}" is no name for a file or folder`)
  }
  return complaints
}
