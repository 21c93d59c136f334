/**
 * Whether a failed `fetch` surely never reached the server: no connection was made. Each runtime says so in its own way
 * (Node by `cause.code`, Deno by its text, Bun by `code`); workerd and browsers do not say it at all.
 */
export function neverSent(failure: unknown, depth = 5): boolean {
  if (depth === 0 || typeof failure !== 'object' || failure === null) return false
  const { code, message, cause, errors } = failure as Record<string, unknown>
  if (typeof code === 'string' && unconnected.has(code)) return true
  if (typeof message === 'string' && /tcp connect error|dns error|Connection refused/i.test(message)) return true
  // Happy eyeballs: every address was tried, none answered.
  if (Array.isArray(errors) && errors.length > 0) return errors.every((error) => neverSent(error, depth - 1))
  return neverSent(cause, depth - 1)
}

const unconnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
  'FailedToOpenSocket',
])
