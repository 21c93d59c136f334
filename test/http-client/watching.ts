import type { WatchEvent, WatchItem } from 'etcd-edge/http-client'

/** A watch that is being read, and what it has told so far. */
export interface Watching extends AsyncDisposable {
  readonly items: readonly WatchItem[]
  events(): readonly WatchEvent[]
  /** The values of the puts, in the order in which they came. */
  values(): readonly string[]
  /** Settles when the iteration does: rejects with what it throws. */
  readonly ended: Promise<void>
}

export function watchInBackground(watch: AsyncIterableIterator<WatchItem>): Watching {
  const items: WatchItem[] = []
  const events = () => items.flatMap((item) => (item.type === 'events' ? item.events : []))
  const ended = (async () => {
    for await (const item of watch) items.push(item)
  })()
  // Whoever cares looks at `ended`.
  ended.catch(() => {})
  return {
    items,
    events,
    values: () => events().flatMap(({ type, kv }) => (type === 'put' ? [kv.value] : [])),
    ended,
    async [Symbol.asyncDispose]() {
      await watch.return?.()
      await ended.catch(() => {})
    },
  }
}
