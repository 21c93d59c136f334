import * as z from 'zod/mini'
import { readDuration } from './duration.ts'
import { readCursor } from './page-cursor.ts'

/** A parameter that a function reads; undefined from it means that the text is wrong. */
function read<Value>(parse: (text: string) => Value | undefined, complaint: string) {
  return z.pipe(
    z.string('must be given once'),
    z.transform((text, context) => {
      const value = parse(text)
      if (value === undefined) context.issues.push({ code: 'custom', message: complaint, input: text })
      return value as Value
    }),
  )
}

export function oneOf<const Value extends string>(values: readonly [Value, ...Value[]]) {
  const words = values.length > 1 ? `one of ${values.join(', ')}` : values[0]
  return read((text) => values.find((value) => value === text), `must be ${words}`)
}

export function integer(least: number, most: number) {
  return read((text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    return value >= least && value <= most ? value : undefined
  }, `must be an integer from ${least} to ${most}`)
}

export const word = read((text) => (text === '' ? undefined : text), 'must not be empty')

const tag = read((text) => {
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : ([text.slice(0, colon), text.slice(colon + 1)] as const)
}, 'must be key:value')

/** How fresh an answer has to be. */
export const freshness = { consistency: z._default(oneOf(['strong', 'bounded', 'stale']), 'bounded') }

/** Which instances: all conditions must hold. */
export const filters = {
  health: z._default(oneOf(['passing', 'any', 'passing-or-any']), 'passing'),
  tag: z._default(z.array(tag), []),
  zone: z.optional(word),
  version: z.optional(word),
}

/** Which part of a list. */
export const paging = {
  limit: z._default(integer(1, 1000), 500),
  cursor: z.optional(read(readCursor, 'is not a cursor of this API')),
}

/** For how long to wait for a state that differs from that of a revision. */
export const waiting = {
  since: z.optional(integer(0, Number.MAX_SAFE_INTEGER)),
  wait: z.optional(read(readDuration, 'must be a duration such as 30s or 500ms')),
}
