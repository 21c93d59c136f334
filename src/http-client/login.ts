import { sleep } from '../backoff.ts'
import { AuthError, EtcdError, RpcError } from '../errors.ts'
import type { Endpoint } from './endpoints.ts'

export interface AuthOptions {
  readonly username: string
  /** Or where to get it, each time it is needed: a secret binding, a vault. */
  readonly password: string | (() => string | Promise<string>)
}

/** Asks one endpoint for a token. */
export type Authenticate = (endpoint: Endpoint, name: string, password: string, signal: AbortSignal) => Promise<string>

/** The tokens of a client, one for each endpoint: a member forgets a simple token that is not used on it. */
export interface Login {
  /** Whether the client has one. */
  readonly enabled: boolean
  /**
   * The token for an endpoint; undefined when the client has no login, or etcd has authentication switched off.
   * @throws AuthError when the login is refused.
   */
  token(endpoint: Endpoint, signal: AbortSignal): Promise<string | undefined>
  /** The token did not work: the next call logs in again, unless another one has already. */
  forget(endpoint: Endpoint, token: string | undefined): void
}

export const noLogin: Login = { enabled: false, token: async () => undefined, forget: () => {} }

/** Whether logging in again may cure the error. A wrong password and a missing permission it does not cure. */
export function wantsLogin(error: unknown): error is AuthError {
  return error instanceof AuthError && /invalid auth token|user name is empty|auth store is old/.test(error.message)
}

type Entry =
  | { readonly state: 'known'; readonly token: string | undefined }
  | { readonly state: 'under way'; readonly until: number }
  | { readonly state: 'refused'; readonly error: unknown; readonly until: number }

/** A login that takes longer is somebody else's that died with its request. */
const loginMs = 10_000
/** For so long a refusal answers whoever asks: a wrong password must not become a storm of logins. */
const refusedMs = 1000
const lookAgainMs = 10

/**
 * One login however many calls wait for it. What they share is a note, not a promise: a promise of one request of a Worker
 * never settles for another, so those that wait look again from time to time, each by its own timer.
 */
export function createLogin({ username, password }: AuthOptions, authenticate: Authenticate): Login {
  const entries = new Map<Endpoint, Entry>()

  const logIn = async (endpoint: Endpoint, signal: AbortSignal): Promise<string | undefined> => {
    entries.set(endpoint, { state: 'under way', until: performance.now() + loginMs })
    try {
      const token = await authenticate(endpoint, username, await readPassword(password), signal)
      entries.set(endpoint, { state: 'known', token })
      return token
    } catch (error) {
      if (error instanceof RpcError && /authentication is not enabled/.test(error.message)) {
        entries.set(endpoint, { state: 'known', token: undefined })
        return undefined
      }
      if (error instanceof EtcdError && !error.retryable) {
        entries.set(endpoint, { state: 'refused', error, until: performance.now() + refusedMs })
      } else {
        entries.delete(endpoint)
      }
      throw error
    }
  }

  return {
    enabled: true,
    async token(endpoint, signal) {
      for (;;) {
        const entry = entries.get(endpoint)
        if (entry?.state === 'known') return entry.token
        if (entry === undefined || performance.now() > entry.until) return logIn(endpoint, signal)
        if (entry.state === 'refused') throw entry.error
        await sleep(lookAgainMs, signal)
      }
    },
    forget(endpoint, token) {
      const entry = entries.get(endpoint)
      if (entry?.state === 'known' && entry.token === token) entries.delete(endpoint)
    },
  }
}

async function readPassword(password: AuthOptions['password']): Promise<string> {
  if (typeof password === 'string') return password
  try {
    return await password()
  } catch (cause) {
    throw new AuthError('auth.password: the function that gives the password has failed', 16, { cause })
  }
}
