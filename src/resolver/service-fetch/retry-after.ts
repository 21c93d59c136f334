/**
 * How long an answer asks to wait, in milliseconds, 0 for a time that is past; undefined when it does not say, or nothing
 * that can be read. A date counts from the answer's own `Date`, so clocks that differ do no harm.
 *
 * Source: RFC 9110, sections 10.2.3 (`Retry-After`) and 5.6.7 (the three forms of a date).
 */
export function readRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const until = readDate(value)
  if (Number.isNaN(until)) return undefined
  const sentAt = readDate(headers.get('date') ?? '')
  return Math.max(0, until - (Number.isNaN(sentAt) ? Date.now() : sentAt))
}

// The form of asctime does not say that it is GMT. A form without a weekday is none of the three.
function readDate(text: string): number {
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return Number.NaN
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
}
