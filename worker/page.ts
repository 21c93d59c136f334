import { writeCursor } from './page-cursor.ts'

export interface PageOptions {
  readonly limit: number
  /** The last name of the page before; from the start without it. */
  readonly after?: string | undefined
  /** The revision that the list shows. */
  readonly revision: number
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Where the next page begins; absent on the last one. */
  readonly nextCursor?: string
}

/** A part of a list, in the order of its items' names. */
export function takePage<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { limit, after, revision }: PageOptions,
): Page<Item> {
  const sorted = [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after)
  const taken = rest.slice(0, limit)
  const last = taken.at(-1)
  if (rest.length <= limit || last === undefined) return { items: taken }
  return { items: taken, nextCursor: writeCursor({ revision, after: nameOf(last) }) }
}
