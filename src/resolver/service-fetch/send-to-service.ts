import { sleep } from '../../backoff.ts'
import { attempt, discard, type Outcome } from './attempt.ts'
import { attemptWithHedges, noteTried } from './hedged-attempt.ts'
import type { ServiceBalancers } from './service-balancers.ts'
import { isRepeatable, type ServiceCall } from './service-call.ts'
import type { Target } from './target.ts'
import { Targets } from './targets.ts'

export interface Answered {
  readonly response: Response
  readonly target: Target
}

/**
 * Sends a request to one instance after the other while that may help and there is time: at once to one that this call has
 * not tried, to one that it has only after a while. The last answer is given whatever its status.
 *
 * @param at the instance to begin with; the balancer's pick when it is undefined.
 * @throws what the last attempt failed with; NoInstancesError and what the source throws.
 */
export async function sendToService(
  call: ServiceCall,
  balancers: ServiceBalancers,
  at: Target | undefined,
): Promise<Answered> {
  const { hedgingDelayMs: ms, maxAttempts } = call.rules
  const targets = new Targets(call, balancers)
  let target = at ?? (await targets.first())
  for (let left = maxAttempts; ; ) {
    const hedges = ms !== undefined && left > 1 && isRepeatable(call)
    const hedged = hedges ? await attemptWithHedges(call, target, targets, { ms, most: left }) : undefined
    const outcome = hedged?.outcome ?? (await attempt(call, target))
    left -= hedged?.sent ?? 1
    const next = outcome.mayRetry && left > 0 ? await nextTarget(call, targets, outcome) : undefined
    if (next !== undefined) {
      target = next
      continue
    }
    const { response } = outcome
    if (response === undefined) throw outcome.error
    return { response, target: outcome.target }
  }
}

/** Undefined when what has come of the last attempt is all there will be; otherwise its answer has been let go of. */
async function nextTarget(call: ServiceCall, targets: Targets, last: Outcome): Promise<Target | undefined> {
  noteTried(call, targets, last)
  try {
    const another = await targets.another()
    const again = another === undefined ? targets.soonest() : undefined
    const waitMs = again?.waitMs ?? 0
    if (another === undefined && performance.now() + waitMs >= call.endsAt) return undefined
    discard(last)
    if (again === undefined) return another
    await sleep(waitMs, call.signal)
    // One may have come meanwhile.
    return (await targets.another()) ?? again.target
  } catch (error) {
    discard(last)
    throw error
  }
}
