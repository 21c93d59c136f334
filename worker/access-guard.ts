import type { MiddlewareHandler } from 'hono'
import type { AccessTokens } from './access-token.ts'
import { readCredential } from './credential.ts'
import { Problem } from './problem.ts'
import { covers } from './scope.ts'

export interface AccessGuardOptions {
  readonly tokens: AccessTokens
  /** Whoever comes without a token may read. */
  readonly anonymousRead: boolean
}

export interface AccessGuard {
  /** Lets pass whoever may read. */
  readonly read: MiddlewareHandler
  /** Lets pass whoever may write to the service that the path names. */
  readonly write: MiddlewareHandler
}

/** 401 for no token where one is needed and for an unknown token everywhere; 403 for a known one that does not cover it. */
export function createAccessGuard({ tokens, anonymousRead }: AccessGuardOptions): AccessGuard {
  const check = async (authorization: string | undefined, scope: string): Promise<void> => {
    const credential = readCredential(authorization)
    const isOpen = anonymousRead && scope === 'read'
    if (credential === undefined) {
      if (isOpen) return
      throw unauthenticated('send a token as "Authorization: Bearer <token>"')
    }
    const token = await tokens.find(credential)
    if (token === undefined) throw unauthenticated('the token is not known', ', error="invalid_token"')
    if (!isOpen && !covers(token.scopes, scope)) throw forbidden(scope)
  }
  return {
    async read(c, next) {
      await check(c.req.header('Authorization'), 'read')
      await next()
    },
    async write(c, next) {
      await check(c.req.header('Authorization'), `write:${c.req.param('service')}`)
      await next()
    },
  }
}

function unauthenticated(detail: string, error = ''): Problem {
  return new Problem('unauthenticated', { detail, headers: { 'WWW-Authenticate': `Bearer realm="etcd-edge"${error}` } })
}

function forbidden(requiredScope: string): Problem {
  return new Problem('forbidden', { members: { requiredScope } })
}
