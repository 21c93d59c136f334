import { checkMs } from '../check-ms.ts'
import { UnavailableError } from '../errors.ts'
import type { ServiceInstance } from '../instance/index.ts'
import { createEndpointSet, type MadeEndpoints } from './endpoint-set.ts'
import type { Instancer } from './instancer.ts'
import type { ResolvedInstance } from './service-snapshot.ts'
import type { InstancerEvent } from './subscribers.ts'

/** What a factory makes of an instance; `close` is called once, when the instance leaves. */
export interface EndpointHandle<Endpoint> {
  readonly endpoint: Endpoint
  readonly close?: () => void | PromiseLike<void>
}

/** Makes what calls an instance: a function, a client, a connection. go-kit's `sd.Factory`. */
export type EndpointFactory<Endpoint> = (instance: ResolvedInstance) => EndpointHandle<Endpoint>

export type OnEndpointError = (instance: ResolvedInstance, error: unknown) => void

/** An endpoint and the instance it was made of; none when the endpoint is a fixed one. */
export interface EndpointEntry<Endpoint> {
  readonly endpoint: Endpoint
  readonly instance: ServiceInstance | undefined
}

export interface EndpointerOptions {
  /**
   * How long after the first error the endpoints stay in use: then all are closed, and asking for them throws that error
   * until a good set comes. go-kit's `sd.InvalidateOnError`. @default for ever
   */
  readonly invalidateOnErrorMs?: number
  /** Told of each instance that is left out because the factory threw, and of each `close` that threw. @default nobody is told */
  readonly onError?: OnEndpointError
}

/** The endpoints of a service, one for each of its instances; go-kit's `sd.Endpointer`. */
export interface Endpointer<Endpoint> extends AsyncDisposable {
  /**
   * In the order of the instances' keys; the same frozen array until the set changes. Empty only when etcd says so, or when
   * the factory has refused all.
   *
   * @throws UnavailableError before the set has been listed for the first time, and after `close()`; the instancer's first
   * error once `invalidateOnErrorMs` has passed.
   */
  endpoints(): readonly Endpoint[]
  /** The same with their instances; what balancers go by. @throws as {@link endpoints}. */
  entries(): readonly EndpointEntry<Endpoint>[]
  /** Lets go of the instancer, which stays open, and closes every endpoint. Settles when that is done. Safe to repeat. */
  close(): Promise<void>
}

/**
 * Keeps an endpoint for each instance of a live set. An instance that stays keeps its endpoint, also when its weight or
 * status changes; one that leaves, or says something else, has its endpoint closed, once. When the factory throws, that
 * instance is left out until the next change. An error of the instancer keeps the last endpoints.
 *
 * Source: go-kit `sd/endpointer.go` and `sd/endpoint_cache.go`, which leave the endpoints open at `Close`, and the stale
 * ones until somebody asks.
 *
 * @throws RangeError for `invalidateOnErrorMs`, TypeError for `factory`.
 */
export function createEndpointer<Endpoint>(
  instancer: Pick<Instancer, 'service' | 'subscribe'>,
  factory: EndpointFactory<Endpoint>,
  options: EndpointerOptions = {},
): Endpointer<Endpoint> {
  const { invalidateOnErrorMs, onError } = options
  if (invalidateOnErrorMs !== undefined) checkMs(invalidateOnErrorMs, 'invalidateOnErrorMs', 0)
  if (typeof factory !== 'function') throw new TypeError('factory must be a function')
  const { service } = instancer
  const set = createEndpointSet(factory, onError)
  /** What is there to use without a look at the clock. */
  let current: MadeEndpoints<Endpoint> | undefined
  let listed = false
  /** The first error since the last good set. */
  let failure: { readonly error: unknown; readonly invalidFrom: number } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let closing: Promise<void> | undefined

  const onEvent = (event: InstancerEvent) => {
    if (event.type === 'error') return fail(event.error)
    clearTimeout(timer)
    failure = undefined
    listed = true
    set.sync(event.snapshot.instances)
    current = set.made()
  }

  const fail = (error: unknown) => {
    if (failure !== undefined) return
    failure = { error, invalidFrom: performance.now() + (invalidateOnErrorMs ?? Number.POSITIVE_INFINITY) }
    if (invalidateOnErrorMs === undefined) return
    current = undefined
    timer = setTimeout(() => void set.closeAll(), invalidateOnErrorMs)
  }

  const made = (): MadeEndpoints<Endpoint> => {
    if (closing !== undefined) throw new UnavailableError(`the endpointer of "${service}" is closed`)
    // The timer may be late: a process that was frozen asks first.
    if (failure !== undefined && performance.now() >= failure.invalidFrom) {
      void set.closeAll()
      throw failure.error
    }
    if (listed) return set.made()
    throw new UnavailableError(`"${service}" has not been listed yet: await ready()`, { cause: failure?.error })
  }

  const unsubscribe = instancer.subscribe(onEvent)
  const close = (): Promise<void> => {
    unsubscribe()
    clearTimeout(timer)
    current = undefined
    closing ??= set.closeAll()
    return closing
  }
  return {
    endpoints: () => (current ?? made()).endpoints,
    entries: () => (current ?? made()).entries,
    close,
    [Symbol.asyncDispose]: close,
  }
}
