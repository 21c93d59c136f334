import type { LeaseId } from '../http-client/index.ts'
import type { ServiceInstance } from '../instance/index.ts'
import { notify } from '../notify.ts'
import type { Registration } from './registration.ts'

/**
 * `registered`: all of it is, as far as is known. `lost`: the lease has run out, or the key of an instance is somebody
 * else's; the loop is getting it back. `registering`: it is just taking a new lease. `closed`: deregistered. `failed`: given
 * up, which only `onConflict: 'fail'` and `maxAttempts` ask for.
 */
export type SessionState = 'registering' | 'registered' | 'lost' | 'closed' | 'failed'

/** What every session says of itself. */
export interface LeaseStatus {
  readonly state: SessionState
  /** The lease that is held, or was last; `"0"` when there was none yet. */
  readonly leaseId: LeaseId
  /** When etcd last confirmed all of it: milliseconds since 1970. */
  readonly lastOkAt: number
  /** What went wrong last; undefined once all is well again. */
  readonly lastError: unknown
  /** Attempts that failed since it was last well. */
  readonly attempts: number
  /** What `healthCheck` said last; true without one. */
  readonly healthy: boolean
}

export interface SessionStatus extends LeaseStatus {
  /** As etcd last confirmed it. */
  readonly registration: Registration
}

export interface GroupStatus extends LeaseStatus {
  /** What etcd has under the lease, as last confirmed. */
  readonly registrations: readonly Registration[]
  /** What is to be registered and is not, and why when another lease holds its key. */
  readonly missing: readonly MissingInstance[]
}

export interface MissingInstance {
  readonly instance: ServiceInstance
  /** InstanceConflictError while another lease holds its key. */
  readonly error: unknown
}

/** What a session tells: a new state, an attempt that failed without changing it, another word of the health check. */
export type SessionEvent<Status extends LeaseStatus = SessionStatus> =
  | { readonly type: 'state'; readonly state: SessionState; readonly status: Status }
  | { readonly type: 'error'; readonly error: unknown; readonly status: Status }
  /** `error` is what the check has thrown, if it has. */
  | { readonly type: 'health'; readonly healthy: boolean; readonly error: unknown; readonly status: Status }

export type SessionListener<Status extends LeaseStatus = SessionStatus> = (event: SessionEvent<Status>) => void

/** What the loop of a session says about it. */
export interface StatusBoard {
  readonly current: () => Omit<LeaseStatus, 'leaseId'>
  /** etcd confirmed all of it. */
  well(): void
  /** An attempt failed; `state` when that changes it. */
  trouble(error: unknown, state?: 'lost' | 'failed'): void
  /** The lease is gone, as etcd says in `error`, or as far as can be told from here. */
  lost(error?: unknown): void
  /** etcd answers, but keys are somebody else's. @param news Those that have not been told yet. */
  standBy(error: unknown, news: readonly unknown[]): void
  /** Work has begun to get it back. */
  retry(): void
  health(healthy: boolean, error: unknown): void
  closed(): void
}

export interface ToldBoard<Status extends LeaseStatus> extends StatusBoard {
  status(): Status
  subscribe(listener: SessionListener<Status>): () => void
}

/**
 * Keeps the status and tells the listeners. The state is set before anybody is told; a listener that throws harms nobody.
 * @param complete Adds what the lease says at this moment.
 */
export function createStatusBoard<Status extends LeaseStatus>(
  complete: (own: Omit<LeaseStatus, 'leaseId'>) => Status,
): ToldBoard<Status> {
  const listeners = new Set<SessionListener<Status>>()
  let own: Omit<LeaseStatus, 'leaseId'> = {
    state: 'registered',
    lastOkAt: Date.now(),
    lastError: undefined,
    attempts: 0,
    healthy: true,
  }
  const status = () => complete(own)
  const tell = (event: (now: Status) => SessionEvent<Status>) => {
    if (listeners.size === 0) return
    const told = event(status())
    for (const listener of [...listeners]) notify(listener, told)
  }
  /** Whether the state is another one, which the listeners know by now. */
  const change = (next: Partial<typeof own>): boolean => {
    const before = own.state
    own = { ...own, ...next }
    if (own.state === before) return false
    const { state } = own
    tell((now) => ({ type: 'state', state, status: now }))
    return true
  }
  return {
    status,
    current: () => own,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    well: () => void change({ state: 'registered', lastOkAt: Date.now(), lastError: undefined, attempts: 0 }),
    trouble(error, state) {
      const attempts = own.attempts + 1
      const changed = change({ lastError: error, attempts, ...(state === undefined ? {} : { state }) })
      if (!changed) tell((now) => ({ type: 'error', error, status: now }))
    },
    standBy(lastError, news) {
      const changed = change({ state: 'lost', lastError, attempts: 0 })
      for (const error of news.slice(changed ? 1 : 0)) tell((now) => ({ type: 'error', error, status: now }))
    },
    lost: (error = own.lastError) => void change({ state: 'lost', lastError: error }),
    retry: () => void change({ state: 'registering' }),
    health(healthy, error) {
      if (own.healthy === healthy) return
      own = { ...own, healthy }
      tell((now) => ({ type: 'health', healthy, error, status: now }))
    },
    closed: () => void change({ state: 'closed' }),
  }
}
