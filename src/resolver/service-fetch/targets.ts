import { type Backoff, createBackoff } from '../../backoff.ts'
import type { ServiceBalancers } from './service-balancers.ts'
import type { ServiceCall } from './service-call.ts'
import { Target } from './target.ts'

interface Tried {
  readonly target: Target
  /** By the monotonic clock. */
  readonly until: number
}

/** Where a call has been, and where it may go. */
export class Targets {
  readonly #call: ServiceCall
  readonly #balancers: ServiceBalancers
  /** By the id of the instance. */
  #tried: Map<string, Tried> | undefined
  #backoff: Backoff | undefined

  constructor(call: ServiceCall, balancers: ServiceBalancers) {
    this.#call = call
    this.#balancers = balancers
  }

  /** @throws NoInstancesError when there is none; what the source throws. */
  async first(): Promise<Target> {
    const { service, request, rules, signal } = this.#call
    const balancer = await this.#balancers.of(service, signal)
    const { url, method, init } = request
    const { keyOf } = rules
    const key = keyOf ? keyOf({ url, method, headers: new Headers(init.headers) }) : url.pathname + url.search
    const tried = this.#tried
    return new Target(balancer.pick(tried === undefined ? { key } : { key, exclude: [...tried.keys()] }), balancer)
  }

  /** An instance that this call has not tried; undefined when there is none, or none can be found now. */
  async another(): Promise<Target | undefined> {
    try {
      const target = await this.first()
      if (!this.#tried?.has(target.instance.id)) return target
      target.released()
    } catch (error) {
      // What became of the last attempt says more than that nobody else can be found.
      if (this.#call.signal?.aborted) throw error
    }
    return undefined
  }

  /**
   * Notes that one has been tried.
   * @param ms how long it is not to be tried again; `Infinity`: not by this call. @default a little longer each time
   */
  leaveAlone(target: Target, ms?: number): void {
    this.#tried ??= new Map()
    this.#backoff ??= createBackoff()
    this.#tried.set(target.instance.id, { target, until: performance.now() + (ms ?? this.#backoff.next()) })
  }

  /** Of those that were tried, the one that may be tried again first, and how long that is from now. */
  soonest(): { readonly target: Target; readonly waitMs: number } | undefined {
    const [first] = [...(this.#tried?.values() ?? [])].sort((a, b) => a.until - b.until)
    if (first === undefined) return undefined
    return { target: first.target.again(), waitMs: Math.max(0, first.until - performance.now()) }
  }
}
