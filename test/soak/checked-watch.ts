import type { EtcdClient } from 'etcd-edge/http-client'

/** A watch of a key that counts up, held to seeing every value once and in order. It remembers no more than the last one. */
export interface CheckedWatch {
  readonly last: number
  readonly events: number
  readonly lost: number
  readonly duplicated: number
  /** Why it ended before it was closed. */
  readonly failure: unknown
  close(): Promise<void>
}

export function startCheckedWatch(etcd: EtcdClient, key: string): CheckedWatch {
  const seen = { last: 0, events: 0, lost: 0, duplicated: 0, failure: undefined as unknown }
  let closed = false
  const see = (value: number) => {
    seen.events += 1
    if (value <= seen.last) seen.duplicated += 1
    else seen.lost += value - seen.last - 1
    seen.last = Math.max(seen.last, value)
  }
  const watch = etcd.watch({ key, startRevision: 1, idleMs: 1000, headerTimeoutMs: 1000, maxAgeMs: 5000 })
  const reading = (async () => {
    for await (const item of watch) {
      if (item.type === 'reset') throw new Error(`the watch was reset: ${item.reason}`)
      if (item.type === 'events') for (const { kv } of item.events) see(Number(kv.value))
    }
    if (!closed) throw new Error('the watch has ended')
  })()
  reading.catch((error: unknown) => {
    seen.failure = error
  })
  return Object.assign(seen, {
    async close() {
      closed = true
      await watch.return?.()
      await reading.catch(() => {})
    },
  })
}
