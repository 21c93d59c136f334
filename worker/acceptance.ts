import type { Context, MiddlewareHandler } from 'hono'
import { parseAccept } from 'hono/utils/accept'
import { Problem } from './problem.ts'

/** @throws Problem `not-acceptable` when the caller's `Accept` leaves no room for this media type. */
export function checkAccepted(c: Context, mediaType: string): void {
  const header = c.req.header('Accept')
  if (header === undefined || header.trim() === '') return
  const names = [mediaType, `${mediaType.split('/')[0]}/*`, '*/*']
  if (parseAccept(header).some(({ type, q }) => q > 0 && names.includes(type.toLowerCase()))) return
  throw new Problem('not-acceptable', { detail: `this resource is given as ${mediaType}` })
}

export const acceptsJson: MiddlewareHandler = async (c, next) => {
  checkAccepted(c, 'application/json')
  await next()
}
