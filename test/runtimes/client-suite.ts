import { createEtcdClient } from 'etcd-edge/http-client'
import { balancerCases } from './balancer-cases.ts'
import { callCases } from './call-cases.ts'
import type { ClientCase } from './client-case.ts'
import { instancerCases } from './instancer-cases.ts'
import { registryCases } from './registry-cases.ts'
import { resolverCases } from './resolver-cases.ts'
import { serviceFetchCases } from './service-fetch-cases.ts'
import { staleCases } from './stale-cases.ts'
import { watchCases } from './watch-cases.ts'

export interface CaseOutcome {
  readonly name: string
  readonly ms: number
  /** Absent when all went well. */
  readonly error?: string
}

/** What the client, and what is built on it, has to do in every runtime. */
export const clientCases: readonly ClientCase[] = [
  ...callCases,
  ...watchCases,
  ...registryCases,
  ...resolverCases,
  ...instancerCases,
  ...staleCases,
  ...balancerCases,
  ...serviceFetchCases,
]

/** Longer than any case takes. */
const patienceMs = 30_000

/** Runs the cases one after the other, below a prefix that nobody else uses. It never throws. */
export async function runClientSuite(url: string, prefix: string): Promise<readonly CaseOutcome[]> {
  const outcomes: CaseOutcome[] = []
  for (const [index, { name, run }] of clientCases.entries()) {
    const etcd = createEtcdClient({ endpoints: [url], timeoutMs: 10_000 })
    const startedAt = Date.now()
    const error = await within(patienceMs, run({ etcd, url, prefix: `${prefix}${index}/` }))
    outcomes.push({ name, ms: Date.now() - startedAt, ...(error === undefined ? {} : { error }) })
  }
  return outcomes
}

async function within(ms: number, work: Promise<void>): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not done within ${ms} ms`), ms)
  })
  const outcome = await Promise.race([work.then(() => undefined, describe), late])
  clearTimeout(timer)
  return outcome
}

function describe(error: unknown): string {
  const { name, message, cause } = Object(error) as Error
  return cause === undefined ? `${name}: ${message}` : `${name}: ${message} <- ${describe(cause)}`
}
