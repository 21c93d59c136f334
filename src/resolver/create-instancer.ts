import type { EtcdClient } from '../http-client/index.ts'
import { followServices } from './follow-services.ts'
import type { Instancer, InstancerOptions } from './instancer.ts'
import type { LiveSet } from './live-set.ts'

/**
 * Lists a service at revision R, watches from R + 1 and applies the changes one by one; the list is asked for again only
 * when etcd no longer has the history. A failure keeps the last good set, marked `stale`, and is told to the subscribers.
 * Nothing is sent before `ready()` or `subscribe()` is called, or an iteration reads.
 *
 * @throws InvalidInstanceError for a name that could leave its directory; TypeError for `filter` and `onEmpty`;
 * RangeError for `onEmpty.keepLastMs` and `fullCheckMs`.
 */
export function createInstancer(etcd: EtcdClient, service: string, options: InstancerOptions = {}): Instancer {
  const [set] = followServices(etcd, [service], options)
  return (set as LiveSet).instancer
}
