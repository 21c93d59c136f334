import { notify } from '../notify.ts'
import type { Change } from './record-set.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/**
 * The whole set with what has changed in it, or an error while the last set stays in use. The same set is not told twice,
 * but for the first one after an error, which says that the error is over, and when it begins or ends to be what `onEmpty`
 * keeps. The changes of all events, one after the other, make the set.
 */
export type InstancerEvent =
  | { readonly type: 'snapshot'; readonly snapshot: ServiceSnapshot; readonly change: Change }
  | InstancerTrouble

export interface InstancerTrouble {
  readonly type: 'error'
  readonly error: unknown
}

export type InstancerListener = (event: InstancerEvent) => void

export interface Subscribers {
  /** Tells the newcomer the current set at once, all of it as added, and then what is wrong with it now. */
  add(listener: InstancerListener, current: ServiceSnapshot | undefined, trouble?: InstancerTrouble): () => void
  tell(event: InstancerEvent): void
  clear(): void
}

/** One that throws harms no other. */
export function createSubscribers(): Subscribers {
  const listeners = new Set<InstancerListener>()
  return {
    add(listener, current, trouble) {
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
      if (trouble !== undefined && listeners.has(own)) notify(own, trouble)
      return () => listeners.delete(own)
    },
    tell(event) {
      for (const listener of [...listeners]) if (listeners.has(listener)) notify(listener, event)
    },
    clear: () => listeners.clear(),
  }
}
