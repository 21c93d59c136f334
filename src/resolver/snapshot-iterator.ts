import type { ServiceSnapshot } from './service-snapshot.ts'
import type { InstancerListener } from './subscribers.ts'

/** What an iteration goes over. */
export interface IteratedSet {
  subscribe(listener: InstancerListener): () => void
  /** The set as it is now; undefined before it has been listed. */
  current(): ServiceSnapshot | undefined
  /** Aborted when there is nothing more to come. */
  readonly closed: AbortSignal
}

/**
 * The set each time that there is news of it. Between two reads only the newest counts, so nothing is kept for a slow reader.
 * It subscribes when it is first read, and leaves nothing behind when it is over.
 */
export function createSnapshotIterator(set: IteratedSet): AsyncIterableIterator<ServiceSnapshot> {
  const over = { done: true, value: undefined } as const
  let readers: ((result: IteratorResult<ServiceSnapshot>) => void)[] = []
  let unsubscribe: (() => void) | undefined
  /** The one that was given last. */
  let given: ServiceSnapshot | undefined
  let hasNews = false
  let isOver = false

  const deliver = () => {
    const snapshot = set.current()
    if (!hasNews || snapshot === undefined) return
    const reader = readers.shift()
    if (reader === undefined) return
    hasNews = false
    given = snapshot
    reader({ done: false, value: snapshot })
  }

  const end = () => {
    isOver = true
    unsubscribe?.()
    set.closed.removeEventListener('abort', end)
    const left = readers
    readers = []
    for (const reader of left) reader(over)
  }

  const begin = () => {
    if (set.closed.aborted) return end()
    set.closed.addEventListener('abort', end, { once: true })
    unsubscribe = set.subscribe((event) => {
      // An error that leaves the set as it was given is no news of it.
      if (event.type === 'snapshot' || set.current() !== given) hasNews = true
      deliver()
    })
  }

  const iterator: AsyncIterableIterator<ServiceSnapshot> = {
    [Symbol.asyncIterator]: () => iterator,
    next() {
      if (unsubscribe === undefined && !isOver) begin()
      if (isOver) return Promise.resolve(over)
      return new Promise((resolve) => {
        readers.push(resolve)
        deliver()
      })
    },
    async return() {
      end()
      return over
    },
  }
  return iterator
}
