import { setTimeout as sleep } from 'node:timers/promises'
import { isEtcdError } from 'etcd-edge'
import { type EtcdClient, randomLeaseId } from 'etcd-edge/http-client'

/** What a user does all day, over and over until the signal is aborted. Gives how often it was done. */
export type Churn = (etcd: EtcdClient, signal: AbortSignal) => Promise<number>

/** Watches that live for a moment, given up in every way there is. */
export const churnWatches: Churn = (etcd, signal) =>
  over(signal, async (round) => {
    const controller = new AbortController()
    const prefix = round % 3 === 0 ? '/' : `/soak/${round % 7}`
    const watch = etcd.watch({ prefix, startRevision: 1, signal: controller.signal, headerTimeoutMs: 1000 })
    const first = watch.next()
    first.catch(() => {})
    await sleep(Math.random() * 100)
    if (round % 2 === 0) controller.abort()
    else await watch.return?.()
    await first.catch(tolerate)
  })

/** Leases with a key, kept alive a few times and revoked. One that cannot be revoked expires. */
export const churnLeases: Churn = (etcd, signal) =>
  over(signal, async () => {
    const leaseId = randomLeaseId()
    try {
      await etcd.lease.grant(3, { leaseId })
      await etcd.kv.put(`/leased/${leaseId}`, 'x', { leaseId })
      for (let beat = 0; beat < 3; beat++) await etcd.lease.keepAliveOnce(leaseId)
    } finally {
      await etcd.lease.revoke(leaseId).catch(tolerate)
    }
  })

/** Calls that are given up at any moment of their life. */
export const churnAborts: Churn = (etcd, signal) =>
  over(signal, async () => {
    const controller = new AbortController()
    const call = etcd.kv.list({ prefix: '/', signal: controller.signal })
    call.catch(() => {})
    await sleep(Math.random() * 5)
    controller.abort()
    await call.catch(tolerate)
  })

async function over(signal: AbortSignal, once: (round: number) => Promise<void>): Promise<number> {
  for (let round = 0; ; round++) {
    if (signal.aborted) return round
    await once(round).catch(tolerate)
    await sleep(5)
  }
}

/** What faults and aborts make of a call; all else is a bug. */
function tolerate(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return
  if (isEtcdError(error) && (error.retryable || error.code === 'LEASE_NOT_FOUND')) return
  throw error
}
