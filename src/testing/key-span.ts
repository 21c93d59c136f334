/** The keys from `from` up to but not including `to`; without `to` there is no upper end. */
export interface KeySpan {
  readonly from: string
  readonly to?: string
}

/** The span a request means: no `rangeEnd` is the one key, `"\0"` is everything from the key on (`rpc.proto`, RangeRequest). */
export function keySpan(key: string, rangeEnd: string): KeySpan {
  if (rangeEnd === '') return { from: key, to: `${key}\0` }
  return rangeEnd === '\0' ? { from: key } : { from: key, to: rangeEnd }
}

export function spanHas(span: KeySpan, key: string): boolean {
  return key >= span.from && (span.to === undefined || key < span.to)
}
