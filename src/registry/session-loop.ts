import { createBackoff, jitter } from '../backoff.ts'
import { EtcdError, LeaseNotFoundError, UnavailableError } from '../errors.ts'
import { conflict } from './claim-key.ts'
import { askHealth } from './health-check.ts'
import type { LeaseGroup } from './lease-group.ts'
import type { Member } from './member.ts'
import { longestLookMs } from './registration.ts'
import { longestMs, type SessionSettings } from './session-options.ts'
import type { StatusBoard } from './session-status.ts'

export interface SessionLoop {
  /** Resolves when the loop has stopped; rejects when the session has been given up. */
  readonly done: Promise<void>
  /**
   * Has what is due written now. Rejects when the attempt fails, with what went wrong, or InstanceConflictError for a key
   * that another lease holds; the loop goes on trying.
   */
  write(members: readonly Member[]): Promise<void>
  /** No more attempts; the call under way comes to its end, a health check is left to itself. */
  stop(): void
}

interface Failure {
  readonly error: unknown
}

interface Writing {
  readonly members: readonly Member[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** The longest delay between attempts while etcd is away, so that an instance is back soon after etcd is. */
const retryMaxMs = 2000
/** How long giving a lease back may hold up the news that the session has been given up. */
const giveBackMs = 1000

/**
 * Keeps a group alive until it is stopped: one thing at a time, each waiting for the one before, so that no late answer can
 * undo what came after it.
 * @param signal Ends the calls under way.
 */
export function startSessionLoop(
  group: LeaseGroup,
  board: StatusBoard,
  settings: SessionSettings,
  signal: AbortSignal,
): SessionLoop {
  const { heartbeatMs, observeDelayMs, retryDelayMs, maxAttempts, onConflict, timeoutMs, healthCheck } = settings
  const call = { signal, timeoutMs }
  const backoff = createBackoff({ maxMs: retryMaxMs })
  const beatMs = () => Math.min(heartbeatMs ?? group.ttlMs() / 3, longestMs / 2)
  const patienceMs = () => timeoutMs ?? Math.min(3000, Math.max(500, group.ttlMs() / 3))
  const nextBeat = () => performance.now() + jitter(beatMs())
  // Never later than promised.
  const nextLook = () => performance.now() + jitter(observeDelayMs ?? longestLookMs(group.ttlMs() / 1000)) / 1.1

  let okAt = performance.now()
  let beatAt = nextBeat()
  let lookAt = nextLook()
  /** When to try again, and to look whether all is well, after something has failed. */
  let retryAt: number | undefined
  let stopped = false
  const stopping = new AbortController()
  let asked = false
  let wake = () => {}
  let writing: Writing[] = []
  /** Members whose key is somebody else's, as has been told. */
  let standingBy: readonly Member[] = []
  let givenUp: Failure | undefined

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, longestMs))
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const trouble = (error: unknown, state?: 'lost') => {
    const last = maxAttempts > 0 && board.current().attempts + 1 >= maxAttempts
    board.trouble(error, last ? 'failed' : state)
    if (last) givenUp = { error }
  }

  const write = async (): Promise<void> => {
    if (group.wantsLease()) {
      if (!board.current().healthy) return
      board.retry()
    }
    await group.write(call)
  }

  /** A key that another process has taken is left to it; with `fail` its instance is given up. */
  const conclude = (confirmed: boolean): void => {
    const taken = group.members().filter(({ state }) => state === 'taken')
    const [first] = taken
    if (onConflict === 'takeover' && first !== undefined) {
      const news = taken.filter((member) => !standingBy.includes(member))
      standingBy = taken
      board.standBy(
        first.error,
        news.map(({ error }) => error),
      )
      return
    }
    standingBy = []
    for (const member of taken) group.drop(member)
    if (confirmed) board.well()
    // Those that were never ours are the affair of whoever has just asked for them.
    for (const { isNew, error } of taken) {
      if (isNew) continue
      if (group.members().length === 0) givenUp = { error }
      board.trouble(error, givenUp === undefined ? undefined : 'failed')
    }
  }

  /** Returns why what is due has not been tried, when the health check forbids it. @throws what etcd or the network says. */
  const attempt = async (): Promise<Failure | undefined> => {
    const startedAt = performance.now()
    const beat = startedAt >= beatAt
    const look = retryAt !== undefined || startedAt >= lookAt
    const leaseId = group.leaseId()
    if (beat && healthCheck !== undefined) {
      const { healthy, error } = await askHealth(healthCheck, patienceMs(), stopping.signal)
      if (stopped) return undefined
      board.health(healthy, error)
    }
    const { healthy } = board.current()
    try {
      if (healthy && beat) await group.renew({ ...call, timeoutMs: patienceMs() })
      if (healthy && (look || (beat && standsBy()))) await group.look(call)
      await write()
    } catch (error) {
      if (!(error instanceof LeaseNotFoundError)) throw error
      group.lost()
      board.lost(error)
      // Nothing to wait for: etcd has just answered.
      await write()
    }
    retryAt = undefined
    if (beat) beatAt = nextBeat()
    if (look) lookAt = nextLook()
    if (!healthy) {
      if (performance.now() - okAt > group.ttlMs()) board.lost()
      return { error: new UnavailableError('healthCheck says no, so nothing is registered') }
    }
    const renewed = beat || group.leaseId() !== leaseId
    if (renewed) okAt = startedAt
    backoff.reset()
    const contested = group.members().find(({ state }) => state === 'due')
    if (contested !== undefined && !asked) throw conflict(contested.key, '0')
    conclude(renewed || look)
    return undefined
  }

  const standsBy = () => group.members().some(({ state }) => state === 'taken')

  const retryMs = (alive: boolean) => {
    const ms = retryDelayMs ?? backoff.next()
    return alive || retryDelayMs === undefined ? Math.min(beatMs(), ms) : ms
  }

  const settle = (failure: Failure | undefined) => {
    writing = writing.filter(({ members, resolve, reject }) => {
      const taken = members.find(({ state }) => state === 'taken')
      if (taken !== undefined) reject(taken.error)
      else if (members.every(({ state }) => state === 'settled')) resolve()
      else if (failure !== undefined) reject(failure.error)
      else return true
      return false
    })
  }

  /** What etcd refuses is not asked for again and again: it would keep what is asked for beside it from being written. */
  const dropNew = () => {
    for (const member of writing.flatMap(({ members }) => members)) {
      if (member.isNew) group.drop(member)
    }
  }

  const run = async (): Promise<void> => {
    while (!stopped) {
      const waitMs = (retryAt ?? Math.min(beatAt, lookAt)) - performance.now()
      if (!asked && waitMs > 0) {
        await pause(waitMs)
        continue
      }
      asked = false
      let failure: Failure | undefined
      try {
        failure = await attempt()
      } catch (error) {
        if (stopped) return
        failure = { error }
        const alive = group.isHeld() && performance.now() - okAt <= group.ttlMs()
        trouble(error, alive && board.current().state === 'registered' ? undefined : 'lost')
        retryAt = performance.now() + retryMs(alive)
        if (error instanceof EtcdError && !error.retryable) dropNew()
      }
      if (givenUp !== undefined) {
        await group.release({ timeoutMs: giveBackMs }).catch(() => {})
        throw givenUp.error
      }
      settle(failure)
    }
  }

  const over = () => {
    const { error } = givenUp ?? { error: new UnavailableError('the session is closed', { retryable: false }) }
    for (const { reject } of writing.splice(0)) reject(error)
  }
  return {
    done: run().finally(() => {
      stopped = true
      over()
    }),
    write: (members) =>
      new Promise((resolve, reject) => {
        writing.push({ members, resolve, reject })
        asked = true
        if (stopped) over()
        else wake()
      }),
    stop() {
      stopped = true
      stopping.abort()
      wake()
    },
  }
}
