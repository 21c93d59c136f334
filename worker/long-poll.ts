import { isEtcdError } from 'etcd-edge'
import type { EtcdClient } from 'etcd-edge/http-client'
import type { ResolveOptions, Resolver, ServiceSnapshot } from 'etcd-edge/resolver'
import { awaitChange } from './change-wait.ts'
import { namesTag } from './entity-tag.ts'
import type { PastSnapshots } from './past-snapshot.ts'
import { openWaitWindow } from './wait-window.ts'

export interface LongPollParts {
  readonly etcd: EtcdClient
  readonly resolver: Resolver
  readonly past: PastSnapshots
}

export interface LongPollOptions {
  readonly consistency: NonNullable<ResolveOptions['consistency']>
  /** How long to wait at most. */
  readonly waitMs: number
  /** What the caller knows: the state at a revision, or the entity tags that it has. The revision counts if both are there. */
  readonly since?: number | undefined
  readonly ifNoneMatch?: string | undefined
  /** The entity tag of what would be shown of a snapshot. */
  readonly tagOf: (snapshot: ServiceSnapshot) => string
  /** Aborted when the client leaves. */
  readonly client: AbortSignal
}

/**
 * A snapshot of the service: the current one at once when what would be shown of it is not what the caller knows, or when
 * what the caller knows cannot be told (its revision is compacted, in the future, or etcd cannot be asked); else the first
 * that shows something else, or the one at the deadline. Writes that change nothing of what is shown do not end the wait.
 */
export async function longPoll(
  parts: LongPollParts,
  service: string,
  options: LongPollOptions,
): Promise<ServiceSnapshot> {
  const { etcd, resolver } = parts
  const { consistency, waitMs, since, ifNoneMatch, tagOf, client } = options
  const read = () => resolver.resolve(service, { consistency, signal: client })
  const current = await readUpTo(parts, await read(), options)
  const known = since === undefined ? undefined : await tagAt(since, parts, current, options)
  const isSame = (snapshot: ServiceSnapshot) =>
    since === undefined ? namesTag(ifNoneMatch, tagOf(snapshot)) : tagOf(snapshot) === known
  if (!isSame(current)) return current
  const window = openWaitWindow(waitMs, client)
  try {
    return (await awaitChange(current, { etcd, resolver, window, isSame })) ?? (await read())
  } finally {
    window.close()
  }
}

/** A cached snapshot may be older than what the caller has seen elsewhere. */
async function readUpTo({ resolver }: LongPollParts, cached: ServiceSnapshot, { since, client }: LongPollOptions) {
  if (since === undefined || since <= cached.revision) return cached
  try {
    return await resolver.resolve(cached.service, { consistency: 'strong', signal: client })
  } catch (error) {
    if (!isEtcdError(error)) throw error
    return cached
  }
}

/** What the caller knows, as an entity tag; undefined when that cannot be told. */
async function tagAt(
  since: number,
  { past }: LongPollParts,
  current: ServiceSnapshot,
  { tagOf, client }: LongPollOptions,
): Promise<string | undefined> {
  if (since === current.revision) return tagOf(current)
  // Revision 0 is etcd's word for the current one.
  if (since === 0 || since > current.revision || current.stale) return undefined
  try {
    return tagOf(await past.service(current, since, client))
  } catch (error) {
    if (!isEtcdError(error)) throw error
    return undefined
  }
}
