import { notify } from '../../notify.ts'
import type { Target } from './attempt.ts'
import type { ServiceBalancer } from './options.ts'
import type { ServiceBalancers } from './service-balancers.ts'
import type { ServiceCall } from './service-call.ts'

/** Where the attempts of one call go. */
export interface Targets {
  /** @throws NoInstancesError when there is none; what the source throws. */
  first(): Promise<Target>
  /** An instance that this call has not tried; undefined when there is none, or none can be found now. */
  another(): Promise<Target | undefined>
  /** Notes that one has been tried, and from when on it may be tried again; `Infinity`: never. */
  leaveAlone(target: Target, ms: number): void
  /** Of those that were tried, the one that may be tried again first, and how long that is from now. */
  again(): { readonly target: Target; readonly waitMs: number } | undefined
}

interface Tried {
  readonly target: Target
  /** By the monotonic clock. */
  readonly until: number
}

export function createTargets({ service, request, rules, scope }: ServiceCall, balancers: ServiceBalancers): Targets {
  const tried = new Map<string, Tried>()
  const { url, method, init } = request
  const key = rules.keyOf?.({ url, method, headers: new Headers(init.headers) })
  const by = key === undefined ? {} : { key }

  const first = async () => {
    const balancer = await balancers.of(service, scope.signal)
    return targetOf(balancer, tried.size === 0 && key === undefined ? undefined : { ...by, exclude: [...tried.keys()] })
  }

  return {
    first,
    async another() {
      try {
        const target = await first()
        if (!tried.has(target.instance.id)) return target
        target.released()
      } catch (error) {
        // What became of the last attempt says more than that nobody else can be found.
        if (scope.signal?.aborted) throw error
      }
      return undefined
    },
    leaveAlone: (target, ms) => void tried.set(target.instance.id, { target, until: performance.now() + ms }),
    again() {
      const [soonest] = [...tried.values()].sort((a, b) => a.until - b.until)
      if (soonest === undefined) return undefined
      // Its balancer has been told of this pick already.
      const target = { ...soonest.target, released: () => {} }
      return { target, waitMs: Math.max(0, soonest.until - performance.now()) }
    },
  }
}

function targetOf(balancer: ServiceBalancer, options: Parameters<ServiceBalancer['pick']>[0]): Target {
  const instance = balancer.pick(options)
  // What is the balancer's own trouble is none of the call's.
  const tell = (what: (() => void) | undefined) => notify(what, undefined)
  return {
    instance,
    failed: () => tell(() => balancer.reportFailure?.(instance)),
    released: () => tell(() => balancer.release?.(instance)),
  }
}
