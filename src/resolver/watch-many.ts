import { UnavailableError } from '../errors.ts'
import type { EtcdClient } from '../http-client/index.ts'
import { followServices } from './follow-services.ts'
import type { Instancer, InstancerOptions } from './instancer.ts'

/** The live sets of several services. */
export interface LiveServices<Service extends string = string> extends AsyncDisposable {
  /** By the name of the service. Each may be closed for itself; with the last one the watch ends. */
  readonly instancers: Readonly<Record<Service, Instancer>>
  /** As {@link Instancer.ready}, of all that are not closed: they are listed together. */
  ready(): Promise<void>
  /** Closes all of them. Safe to repeat. */
  close(): Promise<void>
}

/**
 * The live sets of several services, each as {@link createInstancer} gives it, over one watch and one list: a request for
 * 128 ranges of keys (a service is one; in formats with an own key for a service, two), all at one revision. An error is
 * told to the subscribers of all, also that one of the services may not be read. For a user that may not read what lies between the services, the watch takes as many
 * ranges as fit into 512 bytes. Nothing is sent before the first of them is asked for something.
 *
 * @param services at least one; one that is named twice is one. What their key ranges share is told to each.
 * @param options for all of them
 * @throws TypeError for no name, `filter` and `onEmpty`; RangeError for `onEmpty.keepLastMs` and `fullCheckMs`;
 * InvalidInstanceError for a name that could leave its directory.
 */
export function watchMany<const Service extends string>(
  etcd: EtcdClient,
  services: readonly Service[],
  options: InstancerOptions = {},
): LiveServices<Service> {
  if (services.length === 0) throw new TypeError('services must hold at least one name')
  const sets = followServices(etcd, [...new Set(services)], options)
  const instancers = sets.map(({ instancer }) => instancer)
  // A service may be called as a member of every object is.
  const byName = Object.assign(Object.create(null), Object.fromEntries(instancers.map((each) => [each.service, each])))

  const ready = async (): Promise<void> => {
    const results = await Promise.allSettled(instancers.map((instancer) => instancer.ready()))
    const first = results.find((_, index) => sets[index]?.isOpen())
    if (first === undefined) throw new UnavailableError('every instancer is closed')
    if (first.status === 'rejected') throw first.reason
  }

  const close = async (): Promise<void> => {
    await Promise.all(instancers.map((instancer) => instancer.close()))
  }
  return { instancers: Object.freeze(byName), ready, close, [Symbol.asyncDispose]: close }
}
