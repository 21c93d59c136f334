import { sameInstance } from '../instance/index.ts'
import { notify } from '../notify.ts'
import type { EndpointEntry, EndpointFactory, EndpointHandle, OnEndpointError } from './endpointer.ts'
import type { ResolvedInstance } from './service-snapshot.ts'

/** In the order of their instances. Frozen. */
export interface MadeEndpoints<Endpoint> {
  readonly entries: readonly EndpointEntry<Endpoint>[]
  readonly endpoints: readonly Endpoint[]
}

/** The endpoints of a set of instances: made for those that come, closed for those that leave. */
export interface EndpointSet<Endpoint> {
  /** The same object until the set changes. */
  made(): MadeEndpoints<Endpoint>
  sync(instances: readonly ResolvedInstance[]): void
  /** Settles when all are closed. It never rejects. Safe to repeat. */
  closeAll(): Promise<void>
}

interface Slot<Endpoint> {
  readonly instance: ResolvedInstance
  readonly handle: EndpointHandle<Endpoint>
}

export function createEndpointSet<Endpoint>(
  factory: EndpointFactory<Endpoint>,
  onError: OnEndpointError | undefined,
): EndpointSet<Endpoint> {
  let slots = new Map<string, Slot<Endpoint>>()
  let made = madeOf(slots)
  /** Settles when every endpoint that has left is closed. */
  let closed: Promise<unknown> = Promise.resolve()

  const report = (instance: ResolvedInstance, error: unknown) => notify(() => onError?.(instance, error), undefined)

  const open = (instance: ResolvedInstance): Slot<Endpoint> | undefined => {
    try {
      const handle = factory(instance)
      if (handle?.endpoint === undefined) throw new TypeError('factory must return { endpoint, close? }')
      return { instance, handle }
    } catch (error) {
      report(instance, error)
      return undefined
    }
  }

  const close = async ({ instance, handle }: Slot<Endpoint>): Promise<void> => {
    try {
      await handle.close?.()
    } catch (error) {
      report(instance, error)
    }
  }

  /** The new set is in use before the first of the old one is closed. */
  const replace = (next: Map<string, Slot<Endpoint>>): void => {
    const left = [...slots].filter(([name, { handle }]) => next.get(name)?.handle !== handle)
    slots = next
    made = madeOf(next)
    if (left.length > 0) closed = Promise.all([closed, ...left.map(([, slot]) => close(slot))])
  }

  return {
    made: () => made,
    sync(instances) {
      const next = new Map<string, Slot<Endpoint>>()
      for (const instance of instances) {
        const name = `${instance.key}\n${instance.id}`
        const known = slots.get(name)
        const stays = known !== undefined && sameToDial(known.instance, instance)
        const slot = stays ? { instance, handle: known.handle } : open(instance)
        if (slot !== undefined) next.set(name, slot)
      }
      replace(next)
    },
    async closeAll() {
      if (slots.size > 0) replace(new Map())
      await closed
    },
  }
}

function madeOf<Endpoint>(slots: ReadonlyMap<string, Slot<Endpoint>>): MadeEndpoints<Endpoint> {
  const entries = [...slots.values()].map(({ instance, handle }) =>
    Object.freeze({ instance, endpoint: handle.endpoint }),
  )
  return { entries: Object.freeze(entries), endpoints: Object.freeze(entries.map(({ endpoint }) => endpoint)) }
}

/** Weight and status say how often it is called, not how: what drains finishes what it has begun. */
function sameToDial(was: ResolvedInstance, is: ResolvedInstance): boolean {
  return was === is || sameInstance({ ...was, weight: 0, status: 'passing' }, { ...is, weight: 0, status: 'passing' })
}
