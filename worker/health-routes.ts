import { isEtcdError } from 'etcd-edge'
import type { EtcdClient } from 'etcd-edge/http-client'
import { Hono } from 'hono'
import * as z from 'zod/mini'
import type { AppEnv, AppParts } from './app-parts.ts'
import { readQuery } from './input.ts'
import { Problem } from './problem.ts'
import { oneOf } from './read-parameters.ts'

/** What was found when etcd was last asked. */
interface EtcdCheck {
  readonly status: 'ok' | 'failed'
  /** Why not: the code of the error. */
  readonly code?: string
  readonly revision?: number
  readonly latencyMs: number
  readonly checkedAt: string
}

/** How long etcd may take, and for how long what it said is taken to hold. */
const limitMs = 1500
const keptMs = 2000

const readyQuery = z.strictObject({ verbose: z.optional(oneOf(['', 'true', 'false'])) })

/** `GET /healthz`: this isolate is alive; no I/O. `GET /readyz`: etcd answers a linearizable read. Both need no token. */
export function healthRoutes({ etcd, resolver }: AppParts) {
  let last: EtcdCheck | undefined
  return new Hono<AppEnv>()
    .get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'Cache-Control': 'no-store' }))
    .get('/readyz', async (c) => {
      const { verbose = 'false' } = readQuery(c, readyQuery)
      if (last === undefined || Date.now() - Date.parse(last.checkedAt) > keptMs) {
        last = await checkEtcd(etcd, resolver.format.root)
      }
      const checks = verbose === 'false' ? {} : { checks: { etcd: last } }
      if (last.status === 'failed') throw notReady(checks)
      return c.json({ status: 'ready', ...checks }, 200, { 'Cache-Control': 'no-store' })
    })
}

function notReady(checks: Readonly<Record<string, unknown>>): Problem {
  return new Problem('registry-unavailable', {
    members: checks,
    headers: { 'Retry-After': String(keptMs / 1000) },
  })
}

async function checkEtcd(etcd: EtcdClient, prefix: string): Promise<EtcdCheck> {
  const startedAt = Date.now()
  const done = () => ({ latencyMs: Date.now() - startedAt, checkedAt: new Date().toISOString() })
  try {
    const { revision } = await etcd.kv.list({ prefix, countOnly: true, timeoutMs: limitMs })
    return { status: 'ok', revision, ...done() }
  } catch (error) {
    if (!isEtcdError(error)) throw error
    return { status: 'failed', code: error.code, ...done() }
  }
}
