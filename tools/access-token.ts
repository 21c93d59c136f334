import { createHash, randomBytes } from 'node:crypto'

export function randomToken(): string {
  return randomBytes(24).toString('base64url')
}

/** The Worker's variable `ACCESS_TOKENS` that lets `token` do everything. */
export function accessTokens(token: string): string {
  const sha256 = createHash('sha256').update(token).digest('hex')
  return JSON.stringify([{ name: 'npm-start', sha256, scopes: ['read', 'write:*', 'admin'] }])
}
