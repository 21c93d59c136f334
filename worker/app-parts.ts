import type { EtcdClient } from 'etcd-edge/http-client'
import type { Registrar } from 'etcd-edge/registry'
import type { Resolver } from 'etcd-edge/resolver'
import type { Context } from 'hono'
import type { RequestIdVariables } from 'hono/request-id'
import type { AccessGuard } from './access-guard.ts'
import type { PastSnapshots } from './past-snapshot.ts'
import type { CacheLimits } from './snapshot-answer.ts'

export interface AppEnv {
  readonly Variables: RequestIdVariables
}

/** What the routes of one app share. All of it is data and functions, so that it may serve all requests of an isolate. */
export interface AppParts {
  readonly etcd: EtcdClient
  readonly resolver: Resolver
  readonly registrar: Registrar
  readonly past: PastSnapshots
  readonly guard: AccessGuard
  readonly limits: CacheLimits & { readonly maxWaitSeconds: number }
  readonly allowLoopback: boolean
}

/** Aborted when the client leaves. */
export const clientSignal = (c: Context): AbortSignal => c.req.raw.signal
