import * as z from 'zod/mini'
import { Problem } from './problem.ts'

const text = (name = 'must be a text') => z.string(name)
const ttlSeconds = 'must be an integer from 2 to 3600, in seconds'

/** What `PUT …/instances/{id}` takes. Only the types are checked here: what a format can hold, the format knows. */
export const registrationBody = z.strictObject(
  {
    address: text('is required: host:port, or "auto"'),
    scheme: z.exactOptional(text()),
    ttl: z._default(
      z.number(ttlSeconds).check(z.refine((ttl) => Number.isInteger(ttl) && ttl >= 2 && ttl <= 3600, ttlSeconds)),
      30,
    ),
    weight: z.exactOptional(z.number('must be a number')),
    zone: z.exactOptional(text()),
    version: z.exactOptional(text()),
    tags: z.exactOptional(z.record(z.string(), text(), 'must be an object of texts')),
    status: z.exactOptional(z.enum(['passing', 'draining'], 'must be "passing" or "draining"')),
    keepAlive: z.exactOptional(z.never('this version cannot renew on behalf of others: send heartbeats')),
  },
  'must be a JSON object',
)

export type RegistrationBody = z.output<typeof registrationBody>

/** The most that may be sent at all. */
export const maxBodyBytes: number = 16 * 1024
const maxTags = 64
const maxTagBytes = 4 * 1024

/** @throws Problem `payload-too-large` for more than 64 tags, or more than 4 KiB of names and values. */
export function checkTagLimits({ tags = {} }: RegistrationBody): void {
  const entries = Object.entries(tags)
  if (entries.length > maxTags) throw new Problem('payload-too-large', { detail: `more than ${maxTags} tags` })
  const bytes = new TextEncoder().encode(entries.flat().join('')).length
  if (bytes > maxTagBytes) throw new Problem('payload-too-large', { detail: `more than ${maxTagBytes} bytes of tags` })
}
