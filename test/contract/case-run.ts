import { setTimeout as sleep } from 'node:timers/promises'
import { type Exchange, exchange, type RequestToSend } from './exchange.ts'
import { expand, newVariables, type Variables } from './expansion.ts'
import { check, valueAt } from './expectation.ts'
import type { GatewayCase, Step } from './gateway-case.ts'
import type { Target } from './target.ts'

/** Longer than any answer takes that is not meant to stay open. */
const answerMs = 10_000

/** Runs the steps of a case one after the other. @throws when the target answers differently. */
export async function runCase(gatewayCase: GatewayCase, target: Target): Promise<void> {
  const variables = newVariables()
  for (const step of gatewayCase.steps) {
    const seen = await runStep(step, target, variables)
    check(step, seen, target.tags, variables)
    save(step, seen, variables)
  }
}

async function runStep(step: Step, target: Target, variables: Variables): Promise<Exchange> {
  const request: RequestToSend = {
    method: step.method ?? 'POST',
    headers: { 'Content-Type': 'application/json', ...step.headers },
    body: step.raw ? String(step.body) : JSON.stringify(expand(step.body, variables)),
  }
  const seen = exchange(target.fetch, target.url + step.path, request, step.ms ?? answerMs)
  await Promise.all((step.during ?? []).map(([ms, ...call]) => sleep(ms).then(() => post(target, variables, ...call))))
  return await seen
}

async function post(target: Target, variables: Variables, path: string, body: unknown): Promise<void> {
  const init = { method: 'POST', body: JSON.stringify(expand(body, variables)) }
  const response = await target.fetch(target.url + path, init)
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
  await response.text()
}

function save(step: Step, seen: Exchange, variables: Variables): void {
  for (const [name, path] of Object.entries(step.save ?? {})) {
    variables.set(name, String(valueAt(JSON.parse(seen.text), path)))
  }
}
