import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** Every kind of problem this API answers with. A slug is never renamed and never changes its meaning. */
const kinds = {
  'invalid-request': [400, 'The request is not valid'],
  unauthenticated: [401, 'A token is needed'],
  forbidden: [403, 'The token does not allow this'],
  'not-found': [404, 'There is nothing at this address'],
  'instance-not-found': [404, 'This instance is not registered'],
  'lease-not-found': [404, 'The registration is gone'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'not-acceptable': [406, 'None of the accepted media types can be given'],
  'instance-owned-by-another': [409, 'The instance belongs to another owner'],
  'payload-too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'The media type is not supported'],
  internal: [500, 'The server has failed'],
  'no-healthy-instances': [503, 'No healthy instance is registered'],
  'registry-unavailable': [503, 'The registry cannot be reached'],
  'registry-timeout': [504, 'The registry did not answer in time'],
} as const

export type ProblemSlug = keyof typeof kinds

export interface ProblemOptions {
  /** What is wrong with this very request. Never holds a token or a secret. */
  readonly detail?: string
  /** More members of the problem, such as `errors`. */
  readonly members?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** What is wrong with one part of a request: a JSON pointer into the body, or the name of a parameter. */
export type InputError =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string }

/** Thrown to answer with problem details (RFC 9457). */
export class Problem extends HTTPException {
  readonly slug: ProblemSlug
  readonly options: ProblemOptions

  constructor(slug: ProblemSlug, options: ProblemOptions = {}) {
    const [status, title] = kinds[slug]
    super(status, { message: options.detail ?? title, cause: options.cause })
    this.slug = slug
    this.options = options
  }
}

export function invalidRequest(errors: readonly InputError[]): Problem {
  return new Problem('invalid-request', { members: { errors } })
}

/** The answer that shows a problem: its `type` is `<origin>/problems/<slug>`. Never to be stored by a cache. */
export function problemResponse(c: Context, { slug, options }: Problem): Response {
  const [status, title] = kinds[slug]
  const { detail, members, headers } = options
  const type = `${new URL(c.req.url).origin}/problems/${slug}`
  const body = JSON.stringify({ type, title, status, detail, ...members })
  c.header('Cache-Control', 'no-store')
  return c.body(body, status, { ...headers, 'Content-Type': 'application/problem+json' })
}
