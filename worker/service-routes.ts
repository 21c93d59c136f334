import { Hono } from 'hono'
import * as z from 'zod/mini'
import { acceptsJson } from './acceptance.ts'
import { type AppEnv, type AppParts, clientSignal } from './app-parts.ts'
import { rollUp } from './health-rollup.ts'
import { readQuery } from './input.ts'
import { takePage } from './page.ts'
import { refuseCursor } from './past-snapshot.ts'
import { freshness, paging } from './read-parameters.ts'
import { answerPage, setSnapshotHeaders } from './snapshot-answer.ts'

const listQuery = z.strictObject({ ...freshness, ...paging })

/** `GET /api/v1/services`: names and health of all services that have a record, in the order of their names. */
export function serviceRoutes({ resolver, past, guard, limits }: AppParts) {
  return new Hono<AppEnv>().get('/api/v1/services', guard.read, acceptsJson, async (c) => {
    const startedAt = Date.now()
    const { consistency, limit, cursor } = readQuery(c, listQuery)
    const signal = clientSignal(c)
    const catalog =
      cursor === undefined
        ? await resolver.resolveAll({ consistency, signal })
        : await past.catalog(cursor.revision, signal).catch(refuseCursor)
    const { services, revision } = catalog
    const page = takePage(services, ({ service }) => service, { limit, after: cursor?.after, revision })
    const value = { services: page.items.map(({ service, instances }) => ({ service, health: rollUp(instances) })) }
    setSnapshotHeaders(c, catalog, { limits, startedAt, revalidate: consistency === 'strong' })
    return answerPage(c, catalog, value, page)
  })
}
