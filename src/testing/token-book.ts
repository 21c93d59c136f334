import type { Caller } from './auth-book.ts'
import { random63 } from './random-63.ts'
import { etcdError } from './rpc-error.ts'

/**
 * `simple` tokens live for as long as they are used and die with a change of their user; those of `jwt` live for a fixed
 * time and are refused for keys after any change of users or roles.
 */
export type TokenKind = 'simple' | 'jwt'

interface Token extends Caller {
  expiresAt: number
}

/** The tokens that were given out (etcd: `server/auth/simple_token.go`, `jwt.go`). */
export class TokenBook {
  readonly #now: () => number
  readonly #kind: TokenKind
  readonly #ttlMs: number
  readonly #tokens = new Map<string, Token>()

  constructor(now: () => number, kind: TokenKind, ttlSeconds: number) {
    this.#now = now
    this.#kind = kind
    this.#ttlMs = ttlSeconds * 1000
  }

  issue(name: string, revision: number): string {
    const token = `${letters()}.${this.#tokens.size + 1}`
    this.#tokens.set(token, { name, revision, expiresAt: this.#now() + this.#ttlMs })
    return token
  }

  /** @throws RpcError `InvalidAuthToken`. */
  caller(text: string, revision: number): Caller {
    const token = this.#tokens.get(text)
    if (token === undefined || token.expiresAt <= this.#now()) throw etcdError('InvalidAuthToken')
    if (this.#kind === 'jwt') return token
    token.expiresAt = this.#now() + this.#ttlMs
    return { name: token.name, revision }
  }

  /** The user has changed. */
  forget(name: string): void {
    if (this.#kind === 'jwt') return
    for (const [text, token] of this.#tokens) {
      if (token.name === name) this.#tokens.delete(text)
    }
  }

  forgetAll(): void {
    this.#tokens.clear()
  }
}

/** 16 of them, as in etcd's. */
function letters(): string {
  const digits = `${random63().toString(26)}${random63().toString(26)}`.padEnd(16, '0').slice(0, 16)
  return [...digits].map((digit) => String.fromCharCode(65 + Number.parseInt(digit, 26))).join('')
}
