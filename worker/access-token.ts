import * as z from 'zod/mini'
import { scopePattern } from './scope.ts'

export const accessTokenSchema = z.strictObject({
  name: z.string('must be a text').check(z.minLength(1, 'must not be empty')),
  sha256: z.string('must be a text').check(z.regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')),
  scopes: z.array(
    z.string('must be a text').check(z.regex(scopePattern, 'must be read, write:<glob>, etcd:read or admin')),
    'must be a list of scopes',
  ),
})

/** Who may do what. The token itself is not here, only its hash: `printf %s "$TOKEN" | sha256sum`. */
export interface AccessToken {
  /** Whose it is, for the operator. */
  readonly name: string
  /** SHA-256 of the token's UTF-8 bytes, in hexadecimal. */
  readonly sha256: string
  /** `read`, `write:<glob of service names>`, `etcd:read`, `admin`. */
  readonly scopes: readonly string[]
}

export interface AccessTokens {
  /** The entry of a presented token; takes as long whether it is known or not. */
  find(token: string): Promise<AccessToken | undefined>
}

/** @throws TypeError naming the entry when a hash or a scope is not one. */
export function createAccessTokens(tokens: readonly AccessToken[]): AccessTokens {
  const known = tokens.map((token, index) => {
    const read = accessTokenSchema.safeParse(token)
    const issue = read.error?.issues[0]
    if (issue !== undefined) throw new TypeError(`accessTokens[${index}].${issue.path.join('.')}: ${issue.message}`)
    return { token, digest: fromHex(token.sha256) }
  })
  return {
    async find(presented) {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(presented)))
      let found: AccessToken | undefined
      for (const { token, digest: expected } of known) if (sameDigest(digest, expected)) found = token
      return found
    },
  }
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** Constant time: every byte is looked at, whatever the others are. */
function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}
