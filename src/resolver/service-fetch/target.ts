import type { ServiceInstance } from '../../instance/index.ts'
import { notify } from '../../notify.ts'
import type { ServiceBalancer } from './options.ts'

/** An instance that was picked for an attempt, and what its balancer wants to know of it. */
export class Target {
  readonly instance: ServiceInstance
  readonly #balancer: ServiceBalancer
  readonly #picked: boolean

  /** @param picked false when its balancer has been told already that the pick is over. */
  constructor(instance: ServiceInstance, balancer: ServiceBalancer, picked = true) {
    this.instance = instance
    this.#balancer = balancer
    this.#picked = picked
  }

  /** The same instance, for another attempt without another pick. */
  again(): Target {
    return new Target(this.instance, this.#balancer, false)
  }

  /** It is at fault. */
  failed(): void {
    const balancer = this.#balancer
    if (balancer.reportFailure !== undefined) notify((instance) => balancer.reportFailure?.(instance), this.instance)
  }

  /** The attempt is over. */
  released(): void {
    const balancer = this.#balancer
    if (!this.#picked || balancer.release === undefined) return
    notify((instance) => balancer.release?.(instance), this.instance)
  }
}
