import { type Attempt, discard, type Outcome, startAttempt, type Target } from './attempt.ts'
import { isRepeatable, type ServiceCall } from './service-call.ts'
import type { Targets } from './targets.ts'

export interface HedgedOutcome {
  readonly outcome: Outcome
  /** How many attempts it took. */
  readonly sent: number
}

/**
 * An attempt, and when there is no answer after `hedgingDelayMs` another one beside it, and so on, each at an instance of
 * its own. The first answer that is not to be retried wins; all others are abandoned. Never rejects.
 *
 * Source: gRPC's hedging (proposal A6), Kitex's backup request.
 *
 * @param most how many may be sent.
 */
export async function attemptWithHedges(
  call: ServiceCall,
  target: Target,
  targets: Targets,
  most: number,
): Promise<HedgedOutcome> {
  const { hedgingDelayMs } = call.rules
  if (hedgingDelayMs === undefined || most === 1 || !isRepeatable(call)) {
    const outcome = await startAttempt(call, target, false).outcome
    note(targets, outcome, call)
    return { outcome, sent: 1 }
  }

  const running = new Map<Target, Attempt>()
  let sent = 0
  let left = most
  let next: Target | undefined = target
  for (;;) {
    if (next !== undefined) {
      targets.leaveAlone(next, Number.POSITIVE_INFINITY)
      running.set(next, startAttempt(call, next, true))
      sent += 1
      left -= 1
    }
    const outcome = await firstOutcome(running, left > 0 ? hedgingDelayMs : undefined)
    if (outcome === undefined) {
      next = await targets.another().catch(() => undefined)
      if (next === undefined) left = 0
      continue
    }
    next = undefined
    running.delete(outcome.target)
    note(targets, outcome, call)
    if (!outcome.mayRetry || running.size === 0) {
      for (const loser of running.values()) loser.abandon()
      return { outcome, sent }
    }
    discard(outcome)
  }
}

/** Undefined when there is none after `ms`. */
async function firstOutcome(
  running: ReadonlyMap<Target, Attempt>,
  ms: number | undefined,
): Promise<Outcome | undefined> {
  const outcomes = [...running.values()].map(({ outcome }) => outcome)
  if (ms === undefined) return Promise.race(outcomes)
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([...outcomes, late])
  } finally {
    clearTimeout(timer)
  }
}

/** How long this call is not to ask the instance again. */
function note(
  targets: Targets,
  { target, mayRetry, retryAfterMs = 0 }: Outcome,
  { rules, backoff }: ServiceCall,
): void {
  if (!mayRetry) return
  const tooLong = retryAfterMs > rules.maxRetryAfterMs
  targets.leaveAlone(target, tooLong ? Number.POSITIVE_INFINITY : retryAfterMs || backoff.next())
}
