import type { LeaseId } from '../http-client/index.ts'
import { notify } from '../notify.ts'
import type { Registration } from './registration.ts'

/**
 * `registered`: the lease is alive as far as is known. `lost`: it has run out, or the key is somebody else's; the loop is
 * getting it back. `closed`: deregistered. `failed`: given up, which only `onConflict: 'fail'` asks for.
 */
export type SessionState = 'registering' | 'registered' | 'lost' | 'closed' | 'failed'

export interface SessionStatus {
  readonly state: SessionState
  readonly registration: Registration
  readonly leaseId: LeaseId
  /** When etcd last confirmed the registration: milliseconds since 1970. */
  readonly lastOkAt: number
  /** What went wrong last; undefined once all is well again. */
  readonly lastError: unknown
  /** Attempts that failed since it was last well. */
  readonly attempts: number
}

/** What a session tells: a new state, or an attempt that failed without changing it. */
export type SessionEvent =
  | { readonly type: 'state'; readonly state: SessionState; readonly status: SessionStatus }
  | { readonly type: 'error'; readonly error: unknown; readonly status: SessionStatus }

export type SessionListener = (event: SessionEvent) => void

export interface StatusBoard {
  status(): SessionStatus
  subscribe(listener: SessionListener): () => void
  /** etcd confirmed this registration. */
  well(registration: Registration): void
  /** An attempt failed; `state` when that changes it. */
  trouble(error: unknown, state?: 'lost' | 'failed'): void
  /** Work has begun to get it back. */
  retry(): void
  closed(): void
}

/** Keeps the status and tells the listeners. The state is set before anybody is told; a listener that throws harms nobody. */
export function createStatusBoard(registration: Registration): StatusBoard {
  const listeners = new Set<SessionListener>()
  let status: SessionStatus = {
    state: 'registered',
    registration,
    leaseId: registration.leaseId,
    lastOkAt: Date.now(),
    lastError: undefined,
    attempts: 0,
  }
  const tell = (event: SessionEvent) => {
    for (const listener of [...listeners]) notify(listener, event)
  }
  const change = (next: Partial<SessionStatus>) => {
    const before = status.state
    status = { ...status, ...next }
    if (status.state !== before) tell({ type: 'state', state: status.state, status })
  }
  return {
    status: () => status,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    well(current) {
      const { leaseId } = current
      const ok = { registration: current, leaseId, lastOkAt: Date.now(), lastError: undefined, attempts: 0 }
      change({ ...ok, state: 'registered' })
    },
    trouble(error, state) {
      const before = status.state
      const attempts = status.attempts + 1
      change({ lastError: error, attempts, ...(state === undefined ? {} : { state }) })
      if (status.state === before) tell({ type: 'error', error, status })
    },
    retry: () => change({ state: 'registering' }),
    closed: () => change({ state: 'closed' }),
  }
}
