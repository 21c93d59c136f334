import type { EtcdClient } from 'etcd-edge/http-client'
import { type InstanceFormat, native } from 'etcd-edge/instance'
import { createRegistrar } from 'etcd-edge/registry'
import { createResolver } from 'etcd-edge/resolver'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { createAccessGuard } from './access-guard.ts'
import { type AccessToken, createAccessTokens } from './access-token.ts'
import type { AppEnv, AppParts } from './app-parts.ts'
import { healthRoutes } from './health-routes.ts'
import { instanceRoutes } from './instance-routes.ts'
import { createPastSnapshots } from './past-snapshot.ts'
import { Problem, problemResponse } from './problem.ts'
import { problemOf } from './problem-of.ts'
import { registrationRoutes } from './registration-routes.ts'
import { resolveRoutes } from './resolve-routes.ts'
import { serviceRoutes } from './service-routes.ts'

export interface AppOptions {
  readonly etcd: EtcdClient
  /** How instances are written in etcd. @default native() */
  readonly format?: InstanceFormat
  /** Who may do what. @default nobody anything */
  readonly accessTokens?: readonly AccessToken[]
  /** Whether reading needs no token. @default false */
  readonly anonymousRead?: boolean
  /** The origins whose pages may call the API. @default none */
  readonly corsOrigins?: readonly string[]
  /** How old an answer may be. @default 1000 */
  readonly maxAgeMs?: number
  /** For how long the last good answer is given while etcd cannot be asked. @default 300 */
  readonly staleMaxSeconds?: number
  /** The longest that a long-poll waits. @default 60 */
  readonly maxWaitSeconds?: number
  /** Whether an instance may be registered with an address that only its own machine can dial. @default false */
  readonly allowLoopback?: boolean
}

/**
 * The HTTP API as a Hono app, to serve as it is or to mount in another one. It keeps snapshots of services between
 * requests and nothing else: no connection, stream, timer or promise of one request is ever used by another.
 *
 * @throws TypeError or RangeError that names the wrong option.
 */
export function createApp(options: AppOptions): Hono<AppEnv> {
  const parts = createParts(options)
  const { corsOrigins = [] } = options
  const app = new Hono<AppEnv>()
  app.use(requestId({ headerName: 'Request-Id' }))
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => problemResponse(c, notAllowed(methods)) }))
  if (corsOrigins.length > 0) app.use('/api/*', cors({ ...corsHeaders, origin: [...corsOrigins] }))
  for (const routes of [healthRoutes, serviceRoutes, instanceRoutes, resolveRoutes, registrationRoutes]) {
    app.route('/', routes(parts))
  }
  app.notFound((c) => problemResponse(c, new Problem('not-found')))
  app.onError((error, c) => {
    const problem = problemOf(error)
    if (problem.slug === 'internal' && !c.req.raw.signal.aborted) console.error(c.get('requestId'), error)
    return problemResponse(c, problem)
  })
  return app
}

function createParts(options: AppOptions): AppParts {
  const { etcd, format = native(), accessTokens = [], anonymousRead = false, allowLoopback = false } = options
  const { maxAgeMs = 1000, staleMaxSeconds = 300, maxWaitSeconds = 60 } = options
  checkTimes({ maxAgeMs, staleMaxSeconds, maxWaitSeconds })
  const resolver = createResolver(etcd, { format, maxAgeMs, maxStaleMs: staleMaxSeconds * 1000 })
  return {
    etcd,
    resolver,
    registrar: createRegistrar(etcd, { format }),
    past: createPastSnapshots(etcd, resolver),
    guard: createAccessGuard({ tokens: createAccessTokens(accessTokens), anonymousRead }),
    limits: { maxAgeMs, staleMaxSeconds, maxWaitSeconds },
    allowLoopback,
  }
}

/** Longer than this, in milliseconds, no timer waits. */
const longestMs = 2 ** 31 - 1

function checkTimes(times: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(times)) {
    const most = option.endsWith('Ms') ? longestMs : Math.floor(longestMs / 1000)
    if (!(value >= 0 && value <= most)) throw new RangeError(`${option} must be from 0 to ${most}, got ${value}`)
  }
}

const corsHeaders = {
  allowMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
  allowHeaders: ['Authorization', 'Content-Type', 'If-None-Match', 'Prefer', 'Request-Id', 'SD-Owner-Key'],
  exposeHeaders: ['ETag', 'SD-Revision', 'Location', 'Retry-After', 'Preference-Applied', 'Cache-Status', 'Request-Id'],
  maxAge: 600,
}

function notAllowed(methods: readonly string[]): Problem {
  return new Problem('method-not-allowed', { headers: { Allow: methods.join(', ') } })
}
