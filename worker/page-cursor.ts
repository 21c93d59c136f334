import { decodeBase64Text, encodeBase64Text } from './base64-text.ts'

/** Where a page of a list ends, and the revision that all pages of that list show. */
export interface PageCursor {
  readonly revision: number
  /** The last name of the page before. */
  readonly after: string
}

/** The cursor as text that is safe in a URL and means nothing to its bearer. */
export function writeCursor({ revision, after }: PageCursor): string {
  return encodeBase64Text(`${revision} ${after}`).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The cursor that a text stands for; undefined when it is none of ours. */
export function readCursor(text: string): PageCursor | undefined {
  const plain = /^[\w-]+$/.test(text) ? decodeBase64Text(text.replaceAll('-', '+').replaceAll('_', '/')) : undefined
  const [, revision, after] = /^([1-9]\d{0,15}) (.+)$/s.exec(plain ?? '') ?? []
  if (after === undefined || !Number.isSafeInteger(Number(revision))) return undefined
  return { revision: Number(revision), after }
}
