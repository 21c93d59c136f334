import type { ResolvedInstance } from 'etcd-edge/resolver'
import { type Context, Hono } from 'hono'
import * as z from 'zod/mini'
import { checkAccepted } from './acceptance.ts'
import { type AppEnv, type AppParts, clientSignal } from './app-parts.ts'
import { readQuery } from './input.ts'
import { healthy, matching } from './instance-filter.ts'
import { viewOf } from './instance-view.ts'
import { pickInstances } from './pick-instances.ts'
import { invalidRequest, Problem } from './problem.ts'
import { filters, freshness, integer, oneOf, word } from './read-parameters.ts'
import { setSnapshotHeaders } from './snapshot-answer.ts'

const resolveQuery = z.strictObject({
  ...freshness,
  ...filters,
  n: z._default(integer(1, 20), 1),
  strategy: z._default(oneOf(['weighted', 'random', 'rendezvous']), 'weighted'),
  key: z.optional(word),
  format: z._default(oneOf(['json', 'hostport', 'url']), 'json'),
})

/** `GET /api/v1/resolve/{service}`: instances to dial, picked anew for each request. */
export function resolveRoutes({ resolver, guard, limits }: AppParts) {
  return new Hono<AppEnv>().get('/api/v1/resolve/:service', guard.read, async (c) => {
    const startedAt = Date.now()
    const service = c.req.param('service')
    const query = readQuery(c, resolveQuery, ['tag'])
    checkKey(query)
    checkAccepted(c, query.format === 'json' ? 'application/json' : 'text/plain')
    const snapshot = await resolver.resolve(service, { consistency: query.consistency, signal: clientSignal(c) })
    setSnapshotHeaders(c, snapshot, { limits, startedAt })
    const inService = matching(snapshot.instances, query).filter(({ weight }) => weight > 0)
    const picked = pickInstances(healthy(inService, query.health), query)
    if (picked.length === 0) throw noHealthyInstances(snapshot.instances.length)
    // Whoever kept a pick would send all traffic to it.
    c.header('Cache-Control', 'no-store')
    if (query.format === 'json') return c.json({ service, instances: picked.map(viewOf) })
    return answerLines(c, picked.map(query.format === 'url' ? urlOf : ({ address }) => address))
  })
}

function checkKey({ strategy, key }: z.output<typeof resolveQuery>): void {
  if ((strategy === 'rendezvous') === (key !== undefined)) return
  const detail = key === undefined ? 'is needed with strategy=rendezvous' : 'goes with strategy=rendezvous only'
  throw invalidRequest([{ parameter: 'key', detail }])
}

function noHealthyInstances(registered: number): Problem {
  const detail = registered === 0 ? 'no instance is registered' : `none of ${registered} instances can be picked`
  return new Problem('no-healthy-instances', { detail })
}

const answerLines = (c: Context, lines: readonly string[]) => c.text(`${lines.join('\n')}\n`)

/** An instance that does not say how to talk to it is taken to speak HTTP. */
const urlOf = ({ scheme = 'http', address }: ResolvedInstance) => `${scheme}://${address}`
