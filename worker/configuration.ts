import { type AuthOptions, createEtcdClient, type FetchLike } from 'etcd-edge/http-client'
import * as z from 'zod/mini'
import { accessTokenSchema } from './access-token.ts'
import type { AppOptions } from './app.ts'
import { formats } from './formats.ts'

/** What is wrong with one variable. The text never holds its value, which may be a secret. */
export interface ConfigurationFault {
  readonly variable: string
  readonly detail: string
}

/** Thrown when the environment holds a wrong value: names every variable at fault. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly faults: readonly ConfigurationFault[]

  constructor(faults: readonly ConfigurationFault[]) {
    super(faults.map(({ variable, detail }) => `${variable} ${detail}`).join('; '))
    this.faults = faults
  }
}

/** A variable that a function reads; undefined from it means that the value is wrong. */
function variable<Value>(read: (value: unknown) => Value | undefined, complaint: string) {
  return z.pipe(
    z.unknown(),
    z.transform((value, context) => {
      const result = read(value)
      if (result === undefined) context.issues.push({ code: 'custom', message: complaint, input: value })
      return result as Value
    }),
  )
}

const flag = variable(
  (value) =>
    [true, 'true'].includes(value as string) || ([false, 'false'].includes(value as string) ? false : undefined),
  'must be "true" or "false"',
)

const integer = (most: number) =>
  variable((value) => {
    const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= most ? number : undefined
  }, `must be an integer from 0 to ${most}`)

/** Comma-separated, or a list where the platform can hold one. */
function readList(value: unknown): readonly string[] | undefined {
  const list = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value
  if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'string')) return undefined
  return list.filter((entry) => entry !== '')
}

const isOrigin = (text: string) => /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text

const environment = z.object({
  ETCD_ENDPOINTS: z._default(
    variable((value) => (readList(value)?.length ? readList(value) : undefined), 'must be a list of URLs'),
    ['http://127.0.0.1:2379'],
  ),
  ETCD_FETCHER: z.optional(
    variable((value) => (hasFetch(value) ? value : undefined), 'must be a binding with a fetch'),
  ),
  ETCD_USERNAME: z.optional(z.string('must be a text')),
  ETCD_PASSWORD: z.optional(z.string('must be a text')),
  DISCOVERY_FORMAT: z._default(
    z.enum(Object.keys(formats) as (keyof typeof formats)[], `must be one of ${Object.keys(formats).join(', ')}`),
    'native',
  ),
  DISCOVERY_PREFIX: z.optional(z.string('must be a text')),
  ACCESS_TOKENS: z._default(
    z.pipe(
      variable(readJson, 'must be JSON'),
      z.array(accessTokenSchema, 'must be a JSON list of {name, sha256, scopes}'),
    ),
    [],
  ),
  ANONYMOUS_READ: z._default(flag, false),
  ALLOW_LOOPBACK: z._default(flag, false),
  CORS_ORIGINS: z._default(
    variable(
      (value) => (readList(value)?.every(isOrigin) ? readList(value) : undefined),
      'must be a list of origins such as https://admin.example.com, without a path',
    ),
    [],
  ),
  MAX_AGE_MS: z._default(integer(3_600_000), 1000),
  STALE_MAX_SECONDS: z._default(integer(604_800), 300),
  MAX_WAIT_SECONDS: z._default(integer(3600), 60),
})

function hasFetch(value: unknown): value is { readonly fetch: FetchLike } {
  return typeof value === 'object' && value !== null && 'fetch' in value && typeof value.fetch === 'function'
}

function readJson(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

/**
 * The options of the app as the variables, secrets and bindings of a Worker say them. An absent variable has its default;
 * nothing else is guessed. Variables of other names are not looked at.
 *
 * @throws ConfigurationError naming each variable that is wrong.
 */
export function readConfiguration(env: unknown): AppOptions {
  const read = environment.safeParse(env ?? {})
  if (!read.success) throw new ConfigurationError(read.error.issues.map(toFault))
  const {
    ETCD_ENDPOINTS: endpoints,
    ETCD_FETCHER: fetcher,
    DISCOVERY_FORMAT: name,
    DISCOVERY_PREFIX: prefix,
    ...rest
  } = read.data
  // A binding's fetch wants its receiver.
  const fetch =
    fetcher === undefined ? {} : { fetch: ((input, init) => fetcher.fetch(input, init)) satisfies FetchLike }
  const auth = readLogin(rest.ETCD_USERNAME, rest.ETCD_PASSWORD)
  return {
    etcd: checked('ETCD_ENDPOINTS', () => createEtcdClient({ endpoints, ...auth, ...fetch })),
    format: checked('DISCOVERY_PREFIX', () => formats[name](prefix === undefined ? {} : { prefix })),
    accessTokens: rest.ACCESS_TOKENS,
    anonymousRead: rest.ANONYMOUS_READ,
    corsOrigins: rest.CORS_ORIGINS,
    maxAgeMs: rest.MAX_AGE_MS,
    staleMaxSeconds: rest.STALE_MAX_SECONDS,
    maxWaitSeconds: rest.MAX_WAIT_SECONDS,
    allowLoopback: rest.ALLOW_LOOPBACK,
  }
}

/** Half a login is a mistake, not a guess to be made. An empty text is how some platforms say that there is none. */
function readLogin(username = '', password = ''): { readonly auth?: AuthOptions } {
  if (username === '' && password === '') return {}
  if (username === '') throw half('ETCD_USERNAME', 'ETCD_PASSWORD')
  if (password === '') throw half('ETCD_PASSWORD', 'ETCD_USERNAME')
  return { auth: { username, password } }
}

const half = (variable: string, other: string) =>
  new ConfigurationError([{ variable, detail: `must be set, because ${other} is` }])

/** What the library refuses, it refuses by a text that names its own option and never holds the value. */
function checked<Value>(variable: string, create: () => Value): Value {
  try {
    return create()
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigurationError([{ variable, detail: `is refused: ${error.message}` }])
    throw error
  }
}

function toFault({ path, message }: z.core.$ZodIssue): ConfigurationFault {
  const [variable = 'the environment', ...rest] = path
  const place = rest.map((segment) => (typeof segment === 'number' ? `[${segment}]` : `.${String(segment)}`)).join('')
  return { variable: String(variable), detail: place === '' ? message : `at ${place}: ${message}` }
}
