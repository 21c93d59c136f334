import { decodeBase64Text } from './base64-text.ts'

/**
 * The token in an `Authorization` header: `Bearer <token>`, `Basic` with the token as password, or a bare token, as some
 * scrapers send it. Undefined when there is no header; `''`, which no token is, when it holds none.
 */
export function readCredential(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined
  const [scheme = '', value, ...rest] = authorization.trim().split(/\s+/)
  if (value === undefined) return scheme
  if (rest.length > 0) return ''
  if (/^bearer$/i.test(scheme)) return value
  return /^basic$/i.test(scheme) ? basicPassword(value) : ''
}

function basicPassword(encoded: string): string {
  const pair = decodeBase64Text(encoded) ?? ''
  const colon = pair.indexOf(':')
  return colon < 0 ? '' : pair.slice(colon + 1)
}
