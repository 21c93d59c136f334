const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** A duration such as `30s`, `500ms` or `1m`, in milliseconds; undefined when it is not one. A number alone is none. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,9})(ms|s|m)$/.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) * (unitMs[unit] ?? 0)
}

/** The `wait` of a `Prefer` header (RFC 7240, 4.3), in milliseconds; undefined when there is none. */
export function readPreferredWait(prefer: string | undefined): number | undefined {
  const [, seconds] = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(prefer ?? '') ?? []
  return seconds === undefined ? undefined : Number(seconds) * 1000
}
