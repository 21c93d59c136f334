import { notify } from '../notify.ts'
import type { Change } from './record-set.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/** The whole set with what has changed in it, or an error while the last set stays in use. */
export type InstancerEvent =
  | { readonly type: 'snapshot'; readonly snapshot: ServiceSnapshot; readonly change: Change }
  | { readonly type: 'error'; readonly error: unknown }

export type InstancerListener = (event: InstancerEvent) => void

export interface Subscribers {
  /** Tells the newcomer the current set at once, all of it as added. */
  add(listener: InstancerListener, current: ServiceSnapshot | undefined): () => void
  tell(event: InstancerEvent): void
  clear(): void
}

/** One that throws harms no other. */
export function createSubscribers(): Subscribers {
  const listeners = new Set<InstancerListener>()
  return {
    add(listener, current) {
      // A function of its own, so that one listener may be added twice and taken away once.
      const own: InstancerListener = (event) => listener(event)
      listeners.add(own)
      if (current !== undefined) {
        notify(own, {
          type: 'snapshot',
          snapshot: current,
          change: { added: current.instances, updated: [], removed: [] },
        })
      }
      return () => listeners.delete(own)
    },
    tell(event) {
      for (const listener of [...listeners]) if (listeners.has(listener)) notify(listener, event)
    },
    clear: () => listeners.clear(),
  }
}
