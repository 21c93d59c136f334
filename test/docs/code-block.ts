import { readText } from '../package/source-file.ts'

/** A block of TypeScript in a page. */
export interface CodeBlock {
  readonly page: string
  /** The page, the heading above it and, from the second below that heading on, which one: `README.md, Use it 2`. */
  readonly name: string
  /** Where its first line is in the page. */
  readonly line: number
  readonly code: string
}

export function readCodeBlocks(page: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = []
  const counts = new Map<string, number>()
  let heading = ''
  let open: { readonly line: number; readonly lines: string[] } | undefined
  for (const [index, line] of readText(page).split('\n').entries()) {
    if (open !== undefined && line === '```') {
      const count = (counts.get(heading) ?? 0) + 1
      counts.set(heading, count)
      const name = `${page}, ${heading}${count > 1 ? ` ${count}` : ''}`
      blocks.push({ page, name, line: open.line, code: `${open.lines.join('\n')}\n` })
      open = undefined
    } else if (open !== undefined) open.lines.push(line)
    else if (line === '```ts') open = { line: index + 2, lines: [] }
    else heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading
  }
  return blocks
}
