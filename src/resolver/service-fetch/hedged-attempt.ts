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
  const launch = (at: Target) => {
    sent += 1
    targets.leaveAlone(at, Number.POSITIVE_INFINITY)
    running.set(at, startAttempt(call, at, true))
  }
  launch(target)
  for (let wanted = most; ; ) {
    const joining = sent < wanted ? findLater(targets, hedgingDelayMs) : undefined
    const outcomes = [...running.values()].map((attempt) => attempt.outcome)
    const event = await Promise.race(joining === undefined ? outcomes : [...outcomes, joining.found])
    if ('joins' in event) {
      if (event.joins === undefined) wanted = sent
      else launch(event.joins)
      continue
    }
    joining?.giveBack()
    running.delete(event.target)
    note(targets, event, call)
    if (!event.mayRetry || running.size === 0) {
      for (const loser of running.values()) loser.abandon()
      return { outcome: event, sent }
    }
    discard(event)
  }
}

interface Joining {
  readonly found: Promise<{ readonly joins: Target | undefined }>
  /** It is not wanted any more, whether it has been found or not. */
  giveBack(): void
}

/** Looks for another instance `ms` from now. */
function findLater(targets: Targets, ms: number): Joining {
  let timer: ReturnType<typeof setTimeout> | undefined
  const found = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  }).then(async () => ({ joins: await targets.another().catch(() => undefined) }))
  return {
    found,
    giveBack() {
      clearTimeout(timer)
      found.then(({ joins }) => joins?.released())
    },
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
