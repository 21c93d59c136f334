import { type KeySpan, keySpan } from './key-span.ts'

/** The keys of several ranges as spans that neither overlap nor touch (etcd: `server/auth/range_perm_cache.go`). */
export function mergedSpans(ranges: readonly { readonly key: string; readonly range_end: string }[]): KeySpan[] {
  const spans = ranges.map(({ key, range_end }) => keySpan(key, range_end)).sort((a, b) => (a.from < b.from ? -1 : 1))
  const merged: KeySpan[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last === undefined || (last.to !== undefined && last.to < span.from)) merged.push(span)
    else merged[merged.length - 1] = joined(last, span)
  }
  return merged
}

function joined({ from, to }: KeySpan, { to: other }: KeySpan): KeySpan {
  if (to === undefined || other === undefined) return { from }
  return { from, to: to > other ? to : other }
}
