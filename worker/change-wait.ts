import { isEtcdError } from 'etcd-edge'
import type { EtcdClient } from 'etcd-edge/http-client'
import { rangesOf } from 'etcd-edge/instance'
import type { Resolver, ServiceSnapshot } from 'etcd-edge/resolver'
import type { WaitWindow } from './wait-window.ts'

export interface ChangeWait {
  readonly etcd: EtcdClient
  readonly resolver: Resolver
  readonly window: WaitWindow
  /** Whether somebody who knows the first snapshot would see nothing new in this one. */
  isSame(snapshot: ServiceSnapshot): boolean
}

/** Changes that come within this time of each other are told together. Random, so that not all waiters ask at once. */
const gatherMs = () => 100 + Math.random() * 150
const retryMs = 1000

/**
 * Waits for a state of the service that differs from the one given: watches etcd from the next revision on, and looks at
 * the service again when something under it was written.
 *
 * @returns the first snapshot that differs; undefined when none came before the window was over. While etcd cannot be
 * watched nothing has changed as far as anybody knows, so trouble with it ends no wait.
 * @throws the client's reason when it leaves before.
 */
export async function awaitChange(known: ServiceSnapshot, wait: ChangeWait): Promise<ServiceSnapshot | undefined> {
  try {
    return await firstDifferent(known, wait)
  } catch (error) {
    if (!wait.window.isOver && !isEtcdError(error)) throw error
    await wait.window.over()
    return undefined
  }
}

async function firstDifferent(current: ServiceSnapshot, wait: ChangeWait): Promise<ServiceSnapshot> {
  const { etcd, resolver, window } = wait
  const ranges = rangesOf(resolver.format, current.service)
  let known = current
  for (;;) {
    for await (const item of etcd.watch({ ranges, startRevision: known.revision + 1, signal: window.signal })) {
      // What was written while the last look was under way was seen by it.
      if (item.type === 'events' && item.revision <= known.revision) continue
      await window.pause(gatherMs())
      known = await lookAgain(known.service, item.type === 'events' ? item.revision : Number.POSITIVE_INFINITY, wait)
      if (!wait.isSame(known)) return known
    }
  }
}

/** The service at a revision or later; another request of this isolate may have looked already. */
async function lookAgain(service: string, revision: number, { resolver, window }: ChangeWait) {
  for (;;) {
    const { signal } = window
    const seen = await resolver.resolve(service, { consistency: 'stale', signal })
    if (seen.revision >= revision && !seen.stale) return seen
    try {
      return await resolver.resolve(service, { consistency: 'strong', signal })
    } catch (error) {
      if (!isEtcdError(error) || !error.retryable) throw error
      await window.pause(retryMs)
    }
  }
}
