import { createBackoff, sleep } from '../backoff.ts'
import { checkMs } from '../check-ms.ts'
import type { EtcdClient } from '../http-client/index.ts'
import { native, rangesOf } from '../instance/index.ts'
import { createEventRouter } from './event-router.ts'
import { startFullChecks } from './full-check.ts'
import { createMatcher } from './instance-filter.ts'
import type { InstancerOptions } from './instancer.ts'
import { listMany } from './list-many.ts'
import { createLiveSet, type LiveSet } from './live-set.ts'
import { readOnEmpty } from './on-empty.ts'

/** Who has followed for so long has no trouble left over from before. */
const wellMs = 1000

/**
 * Live sets of one or several services, in the order of the names: they are listed together at revision R, and one watch
 * from R + 1 brings the changes of all. It runs from when one of them is wanted until the last one is closed.
 */
export function followServices(
  etcd: EtcdClient,
  services: readonly string[],
  options: InstancerOptions,
): readonly LiveSet[] {
  const { format = native(), filter, onRejected, onDrift, onEmpty, watch } = options
  const settings = { format, matches: createMatcher(filter), onRejected, onDrift, keepLastMs: readOnEmpty(onEmpty) }
  const everyMs = checkMs(options.fullCheckMs ?? 300_000, 'fullCheckMs', 0)
  const ranges = services.flatMap((service) => rangesOf(format, service))
  const stop = new AbortController()
  const { signal } = stop
  let loop: Promise<void> | undefined

  const feed = {
    start() {
      loop ??= run().catch(() => {})
    },
    async leave(set: LiveSet) {
      open.delete(set)
      if (open.size > 0) return
      stop.abort()
      await loop
    },
  }
  const sets = services.map((service) => createLiveSet(service, settings, feed))
  /** A set that is closed, also by one that is told of something, is told nothing more. */
  const open = new Set(sets)
  const router = createEventRouter(format, sets)

  const listSets = (asked: readonly LiveSet[], signal: AbortSignal) => {
    const names = asked.map(({ service }) => service)
    return listMany(etcd, format, names, { signal })
  }

  const list = async (): Promise<number> => {
    const asked = [...open]
    const { services: found, ...header } = await listSets(asked, signal)
    for (const [index, set] of asked.entries()) if (open.has(set)) set.listed(header, found[index]?.kvs ?? [])
    return header.revision
  }

  const failed = (error: unknown) => {
    for (const set of open) set.failed(error)
  }

  /** Follows the changes until the history is no longer to be had. */
  const follow = async (revision: number): Promise<void> => {
    let connections = 0
    let connection: number | undefined
    const items = etcd.watch({
      ...watch,
      ranges,
      startRevision: revision + 1,
      signal,
      onState(state) {
        connection = state.state === 'connected' ? ++connections : undefined
        if (state.state === 'interrupted') return failed(state.error)
        for (const set of open) set.recovered()
      },
    })
    const checks = { everyMs, sets: () => [...open], list: listSets, connection: () => connection }
    const stopChecks = everyMs > 0 ? startFullChecks(checks) : undefined
    try {
      for await (const item of items) {
        if (item.type !== 'events') continue
        for (const [set, events] of router.sort(item.events)) if (open.has(set)) set.changed(item.revision, events)
      }
    } finally {
      await stopChecks?.()
    }
  }

  const run = async (): Promise<void> => {
    const backoff = createBackoff()
    for (;;) {
      let listedAt = Number.POSITIVE_INFINITY
      let isReset = false
      try {
        const revision = await list()
        listedAt = performance.now()
        await follow(revision)
        isReset = true
      } catch (error) {
        if (signal.aborted) return
        failed(error)
      }
      const wasWell = performance.now() - listedAt > wellMs
      if (wasWell) backoff.reset()
      // A reset is answered by listing at once; one that comes again at once is not.
      if (!isReset || !wasWell) await sleep(backoff.next(), signal)
    }
  }

  return sets
}
