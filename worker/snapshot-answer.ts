import type { CatalogSnapshot, ServiceSnapshot } from 'etcd-edge/resolver'
import type { Context } from 'hono'
import { entityTag, namesTag } from './entity-tag.ts'
import type { Page } from './page.ts'

type Snapshot = Pick<ServiceSnapshot | CatalogSnapshot, 'revision' | 'clusterId' | 'updatedAt' | 'stale'>

/** How answers may be kept by whoever receives them. */
export interface CacheLimits {
  readonly maxAgeMs: number
  readonly staleMaxSeconds: number
}

/** What is shown of a snapshot, as text, and its entity tag. */
export interface Shown {
  readonly body: string
  readonly tag: string
}

export function show({ clusterId }: Pick<Snapshot, 'clusterId'>, value: unknown): Shown {
  const body = JSON.stringify(value)
  return { body, tag: entityTag(clusterId, body) }
}

export interface SnapshotHeadersOptions {
  readonly limits: CacheLimits
  /** When the request came: a snapshot from before is a cache hit. */
  readonly startedAt: number
  /** The answer is true of the moment it was given only: it may be kept, but must be asked for again. */
  readonly revalidate?: boolean
}

/** Says of which revision an answer is, how old it is and where it comes from (RFC 9211). */
export function setSnapshotHeaders(c: Context, snapshot: Snapshot, options: SnapshotHeadersOptions): void {
  const { limits, startedAt } = options
  const ageMs = Math.max(0, Date.now() - snapshot.updatedAt)
  const ageSeconds = Math.floor(ageMs / 1000)
  c.header('SD-Revision', String(snapshot.revision))
  c.header('Cache-Control', options.revalidate ? 'private, no-cache' : cacheControl(limits))
  c.header('Cache-Status', cacheStatus(snapshot, startedAt, Math.ceil((limits.maxAgeMs - ageMs) / 1000)))
  if (snapshot.stale || ageSeconds > 0) c.header('Age', String(ageSeconds))
}

/** How long somebody may show an answer while a newer one is on its way. */
const staleWhileRevalidateSeconds = 10

function cacheControl({ maxAgeMs, staleMaxSeconds }: CacheLimits): string {
  const maxAge = Math.floor(maxAgeMs / 1000)
  const revalidate = `stale-while-revalidate=${staleWhileRevalidateSeconds}`
  return `private, max-age=${maxAge}, ${revalidate}, stale-if-error=${staleMaxSeconds}`
}

function cacheStatus({ updatedAt, stale }: Snapshot, startedAt: number, ttl: number): string {
  if (stale) return `etcd-edge; hit; ttl=${ttl}; detail=etcd-unavailable`
  return updatedAt < startedAt ? `etcd-edge; hit; ttl=${ttl}` : 'etcd-edge; fwd=miss'
}

/** 200 with what is shown, or 304 when the caller has it already. The headers set so far are on both. */
export function answerShown(c: Context, { body, tag }: Shown, complete: string = body): Response {
  c.header('ETag', tag)
  if (namesTag(c.req.header('If-None-Match'), tag)) return c.body(null, 304)
  return c.body(complete, 200, { 'Content-Type': 'application/json' })
}

/** A page of a list. Its cursor moves with the revision, so it is no part of what the entity tag stands for. */
export function answerPage(c: Context, snapshot: Snapshot, value: object, { nextCursor }: Page<unknown>): Response {
  const shown = show(snapshot, value)
  return answerShown(c, shown, nextCursor === undefined ? shown.body : JSON.stringify({ ...value, nextCursor }))
}
