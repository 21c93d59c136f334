/** What a caller asks for, in the one form in which it can be sent to any address and more than once. */
export interface OutgoingRequest {
  /** As the caller wrote it: its host names the service. */
  readonly url: URL
  /** In capitals. */
  readonly method: string
  /** For `fetch(url, init)`: everything but the signal. */
  readonly init: RequestInit
  /** Whether redirects are followed here: `init` tells `fetch` to leave them alone then. */
  readonly follows: boolean
  /** The caller's own. */
  readonly signal: AbortSignal | undefined
  /** `once`: a stream that the caller has handed over. `request`: that of a `Request`, which is one whatever it was made from. */
  readonly body: 'none' | 'any number of times' | 'once' | 'request'
}

/**
 * Reads what `fetch` is given; the members of `init` win over those of a `Request`, as they do there, and `init` may be one
 * itself. Members that only one runtime knows (`cf`, `dispatcher`, `tls`, `client`) are kept.
 *
 * @param mayFollow whether redirects can be followed here at all.
 * @throws TypeError for a URL that is not absolute, not http or https, or holds credentials, and for a `Request` whose body
 * has been read.
 */
export function readRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  mayFollow: boolean,
): OutgoingRequest {
  const merged: Record<string, unknown> = isRequest(input) ? fieldsOf(input) : {}
  for (const [name, value] of Object.entries(isRequest(init) ? fieldsOf(init) : (init ?? {}))) {
    // A body of null leaves that of the Request in place; a signal of null takes its signal away.
    if (value !== undefined && !(name === 'body' && value === null)) merged[name] = value
  }
  const { signal, ...sent } = merged as RequestInit
  const follows = mayFollow && (sent.redirect ?? 'follow') === 'follow'
  if (follows) sent.redirect = 'manual'
  const owner = [input, init].find((each) => isRequest(each) && each.body !== null && each.body === sent.body)
  if (isRequest(owner) && owner.bodyUsed) throw new TypeError('input: the body of the Request has been read already')
  return {
    url: readUrl(isRequest(input) ? input.url : String(input)),
    method: (sent.method ?? 'GET').toUpperCase(),
    init: sent,
    follows,
    signal: signal ?? undefined,
    body: owner === undefined ? kindOf(sent.body) : 'request',
  }
}

/** A `Request`, also one of another realm or of a package. */
function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && 'url' in value && 'headers' in value
}

/** What a `Request` carries over, and what a new one has there anyway: some runtimes refuse to be told it. */
const carried: Readonly<Record<string, unknown>> = {
  cache: 'default',
  cf: undefined,
  credentials: 'same-origin',
  integrity: '',
  keepalive: false,
  mode: 'cors',
  priority: undefined,
  redirect: 'follow',
  referrer: 'about:client',
  referrerPolicy: '',
}

function fieldsOf(request: Request): Record<string, unknown> {
  const { method, headers, signal } = request
  const fields: Record<string, unknown> = { method, headers, signal }
  for (const [name, preset] of Object.entries(carried)) {
    const value: unknown = Reflect.get(request, name)
    if (value !== undefined && value !== preset) fields[name] = value
  }
  // Whoever sends a stream has to say that it does not expect the answer before its end.
  return request.body === null ? fields : { ...fields, body: request.body, duplex: 'half' }
}

function readUrl(text: string): URL {
  const url = parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new TypeError('input: must be an absolute http or https URL whose host is a service')
  }
  if (url.username !== '' || url.password !== '') throw new TypeError('input: the URL must not hold credentials')
  return url
}

// `canParse` would parse it twice, for each call.
function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** Streams are the web's, and the asynchronous iterables that Node takes besides. */
function kindOf(body: unknown): OutgoingRequest['body'] {
  if (body === undefined || body === null) return 'none'
  const streams = typeof body === 'object' && ('getReader' in body || Symbol.asyncIterator in body)
  return streams ? 'once' : 'any number of times'
}
