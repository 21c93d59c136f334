import type { FetchLike } from 'etcd-edge/http-client'

/** A `fetch` with a switch in the line, and a note of every call that was tried. */
export interface SwitchableFetch {
  readonly fetch: FetchLike
  /** Paths below `/v3`, in order, those that failed included. */
  readonly calls: string[]
  /** From now on every call fails at once, as a refused connection does. */
  down(): void
  up(): void
  /**
   * Runs before each call is sent (`sent`) and after its answer has arrived (`answered`). It may throw to break the call, and
   * what it returns is waited for.
   */
  on(hook: LineHook): void
  /** The calls that change etcd. */
  writes(): string[]
}

export type LineHook = (path: string, phase: 'sent' | 'answered') => void | Promise<void>

const writing = ['kv/put', 'kv/txn', 'kv/deleterange', 'lease/grant', 'lease/revoke']

export function switchableFetch(): SwitchableFetch {
  const calls: string[] = []
  let connected = true
  let hook: LineHook = () => {}
  return {
    calls,
    async fetch(url, init) {
      const path = url.replace(/^.*\/v3\//, '')
      calls.push(path)
      if (!connected) throw new TypeError('fetch failed')
      await hook(path, 'sent')
      const response = await fetch(url, init)
      await hook(path, 'answered')
      return response
    },
    down() {
      connected = false
    },
    up() {
      connected = true
    },
    on(next) {
      hook = next
    },
    writes: () => calls.filter((path) => writing.includes(path)),
  }
}
