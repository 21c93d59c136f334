import { sleep } from '../../backoff.ts'
import { discard, type Outcome, type Target } from './attempt.ts'
import { attemptWithHedges } from './hedged-attempt.ts'
import type { ServiceCall } from './service-call.ts'
import type { Targets } from './targets.ts'

export interface Answered {
  readonly response: Response
  readonly target: Target
}

/**
 * Sends a request to one instance after the other while that may help and there is time: at once to one that this call has
 * not tried, to one that it has only after a while. The last answer is given whatever its status.
 *
 * @param target the first instance.
 * @throws what the last attempt failed with.
 */
export async function sendToService(call: ServiceCall, targets: Targets, target: Target): Promise<Answered> {
  let at = target
  for (let left = call.rules.maxAttempts; ; ) {
    const { outcome, sent } = await attemptWithHedges(call, at, targets, left)
    left -= sent
    const next = outcome.mayRetry && left > 0 ? await nextTarget(call, targets, outcome) : undefined
    if (next === undefined) return finish(outcome)
    at = next
  }
}

/** Undefined when what has come of the last attempt is all there will be; otherwise its answer has been let go of. */
async function nextTarget(call: ServiceCall, targets: Targets, last: Outcome): Promise<Target | undefined> {
  try {
    const another = await targets.another()
    const again = another === undefined ? targets.again() : undefined
    const waitMs = again?.waitMs ?? 0
    if (another === undefined && (again === undefined || performance.now() + waitMs >= call.endsAt)) return undefined
    discard(last)
    if (again === undefined) return another
    await sleep(waitMs, call.scope.signal)
    // One may have come meanwhile.
    return (await targets.another()) ?? again.target
  } catch (error) {
    discard(last)
    throw error
  }
}

function finish({ response, error, target }: Outcome): Answered {
  if (response === undefined) throw error
  return { response, target }
}
