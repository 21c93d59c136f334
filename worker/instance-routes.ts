import type { ServiceSnapshot } from 'etcd-edge/resolver'
import { type Context, Hono } from 'hono'
import * as z from 'zod/mini'
import { acceptsJson } from './acceptance.ts'
import { type AppEnv, type AppParts, clientSignal } from './app-parts.ts'
import { readPreferredWait } from './duration.ts'
import { rollUp } from './health-rollup.ts'
import { readQuery } from './input.ts'
import { healthy, matching } from './instance-filter.ts'
import { viewOf } from './instance-view.ts'
import { longPoll } from './long-poll.ts'
import { takePage } from './page.ts'
import { refuseCursor } from './past-snapshot.ts'
import { invalidRequest, Problem } from './problem.ts'
import { filters, freshness, paging, waiting } from './read-parameters.ts'
import { answerPage, answerShown, setSnapshotHeaders, show } from './snapshot-answer.ts'

const listQuery = z.strictObject({ ...freshness, ...filters, ...paging, ...waiting })
const oneQuery = z.strictObject(freshness)
type ListQuery = z.output<typeof listQuery>

/** `GET /api/v1/services/{service}/instances`, also as a long-poll, and `…/instances/{id}`. */
export function instanceRoutes(parts: AppParts) {
  const { resolver, guard, limits } = parts
  return new Hono<AppEnv>()
    .get('/api/v1/services/:service/instances', guard.read, acceptsJson, async (c) => {
      const startedAt = Date.now()
      const query = readQuery(c, listQuery, ['tag'])
      checkWaiting(query)
      const { snapshot, revalidate } = await readList(c, c.req.param('service'), query, parts)
      const { value, page } = listOf(snapshot, query)
      setSnapshotHeaders(c, snapshot, { limits, startedAt, revalidate })
      return answerPage(c, snapshot, value, page)
    })
    .get('/api/v1/services/:service/instances/:id', guard.read, acceptsJson, async (c) => {
      const startedAt = Date.now()
      const { service, id } = c.req.param()
      const { consistency } = readQuery(c, oneQuery)
      const snapshot = await resolver.resolve(service, { consistency, signal: clientSignal(c) })
      setSnapshotHeaders(c, snapshot, { limits, startedAt, revalidate: consistency === 'strong' })
      const instance = snapshot.instances.find((candidate) => candidate.id === id)
      if (instance === undefined) throw notFound(parts, service, id)
      return answerShown(c, show(snapshot, viewOf(instance)))
    })
}

function checkWaiting({ cursor, since, wait }: ListQuery): void {
  if (wait !== undefined && since === undefined) {
    throw invalidRequest([
      { parameter: 'wait', detail: 'goes with since; with If-None-Match send "Prefer: wait=<seconds>"' },
    ])
  }
  if (cursor !== undefined && since !== undefined) {
    throw invalidRequest([{ parameter: 'cursor', detail: 'does not go with since: only the first page can wait' }])
  }
}

interface ListRead {
  readonly snapshot: ServiceSnapshot
  /** The answer is true of this moment only. */
  readonly revalidate: boolean
}

async function readList(c: Context, service: string, query: ListQuery, parts: AppParts): Promise<ListRead> {
  const { consistency, cursor, since } = query
  const client = clientSignal(c)
  if (cursor !== undefined) {
    const current = await parts.resolver.resolve(service, { consistency, signal: client })
    if (current.revision === cursor.revision) return { snapshot: current, revalidate: false }
    const snapshot = await parts.past.service(current, cursor.revision, client).catch(refuseCursor)
    return { snapshot, revalidate: false }
  }
  const ifNoneMatch = c.req.header('If-None-Match')
  const preferredMs = ifNoneMatch === undefined ? undefined : readPreferredWait(c.req.header('Prefer'))
  const waitMs = Math.min(query.wait ?? preferredMs ?? 0, parts.limits.maxWaitSeconds * 1000)
  if (waitMs === 0) {
    const snapshot = await parts.resolver.resolve(service, { consistency, signal: client })
    return { snapshot, revalidate: consistency === 'strong' || since !== undefined }
  }
  if (since === undefined) c.header('Preference-Applied', `wait=${Math.floor(waitMs / 1000)}`)
  const tagOf = (snapshot: ServiceSnapshot) => show(snapshot, listOf(snapshot, query).value).tag
  const options = { consistency, waitMs, since, ifNoneMatch, tagOf, client }
  return { snapshot: await longPoll(parts, service, options), revalidate: true }
}

/** What is shown of a service. The health is that of all instances that match, before `health` picks among them. */
function listOf({ service, instances, revision }: ServiceSnapshot, query: ListQuery) {
  const matched = matching(instances, query)
  const page = takePage(healthy(matched, query.health), ({ id }) => id, {
    limit: query.limit,
    after: query.cursor?.after,
    revision,
  })
  return { page, value: { service, health: rollUp(matched), instances: page.items.map(viewOf) } }
}

/** A name that no instance could have is a wrong request; any other is just not there. */
function notFound({ resolver: { format } }: AppParts, service: string, id: string): Problem {
  format.key({ service, id, address: id, weight: format.defaults.weight, tags: {} }, '0')
  return new Problem('instance-not-found', { detail: 'the instance is not registered, or no longer' })
}
