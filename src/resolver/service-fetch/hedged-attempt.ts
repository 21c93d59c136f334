import { abandonment, attempt, discard, type Outcome, startAttemptScope } from './attempt.ts'
import type { ServiceCall } from './service-call.ts'
import type { Target } from './target.ts'
import type { Targets } from './targets.ts'

export interface HedgedOutcome {
  readonly outcome: Outcome
  /** How many attempts it took. */
  readonly sent: number
}

interface Running {
  readonly outcome: Promise<Outcome>
  /** Nobody waits for it any more: what is under way is aborted, an answer that comes nevertheless is not read. */
  abandon(): void
}

/**
 * An attempt, and when there is no answer after `ms` another one beside it, and so on, each at an instance of its own. The
 * first answer that is not to be retried wins; all others are abandoned. Never rejects.
 *
 * Source: gRPC's hedging (proposal A6), Kitex's backup request.
 *
 * @param most how many may be sent.
 */
export async function attemptWithHedges(
  call: ServiceCall,
  target: Target,
  targets: Targets,
  { ms, most }: { readonly ms: number; readonly most: number },
): Promise<HedgedOutcome> {
  const running = new Map<Target, Running>()
  let sent = 0
  const launch = (at: Target) => {
    sent += 1
    targets.leaveAlone(at, Number.POSITIVE_INFINITY)
    running.set(at, startRunning(call, at))
  }
  launch(target)
  for (let wanted = most; ; ) {
    const joining = sent < wanted ? findLater(targets, ms) : undefined
    const outcomes = [...running.values()].map(({ outcome }) => outcome)
    const event = await Promise.race(joining === undefined ? outcomes : [...outcomes, joining.found])
    if ('joins' in event) {
      if (event.joins === undefined) wanted = sent
      else launch(event.joins)
      continue
    }
    joining?.giveBack()
    running.delete(event.target)
    if (!event.mayRetry || running.size === 0) {
      for (const loser of running.values()) loser.abandon()
      return { outcome: event, sent }
    }
    noteTried(call, targets, event)
    discard(event)
  }
}

function startRunning(call: ServiceCall, target: Target): Running {
  const scope = startAttemptScope(call, target, true)
  const outcome = attempt(call, target, scope)
  return {
    outcome,
    abandon() {
      scope?.abort(abandonment)
      outcome.then(discard)
    },
  }
}

/** Notes when this call may ask the instance again: never, when that is later than it is to be waited for. */
export function noteTried({ rules }: ServiceCall, targets: Targets, { target, retryAfterMs }: Outcome): void {
  const tooLong = retryAfterMs !== undefined && retryAfterMs > rules.maxRetryAfterMs
  targets.leaveAlone(target, tooLong ? Number.POSITIVE_INFINITY : retryAfterMs || undefined)
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
