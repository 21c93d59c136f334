import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createServiceFetch, type ServiceFetchOptions } from '../../../../src/resolver/index.ts'
import { type Act, inOrder, instance, resolverOf, type ScriptedFetch, scriptedFetch } from './scripted-fetch.ts'

export const three = [instance('a'), instance('b'), instance('c')]

/** A service fetch over three instances a, b and c of `web`, asked in this order. */
export function start(script: Readonly<Record<string, Act | readonly Act[]>>, options: ServiceFetchOptions = {}) {
  const told: string[] = []
  const line = scriptedFetch(script)
  const source = resolverOf(three)
  const serviceFetch = createServiceFetch(source, { fetch: line.fetch, balancer: inOrder(told), ...options })
  return { serviceFetch, told, line, source }
}

export const hosts = ({ sent }: ScriptedFetch) => sent.map(({ url }) => new URL(url).hostname)
export const outcomeOf = (call: Promise<Response>) =>
  call.then(
    ({ status }) => status,
    (error: unknown) => error,
  )

export const busy = (retryAfter: string) =>
  new Response('busy', { status: 503, headers: { 'retry-after': retryAfter } })

/** For the tests of a file: none leaves a timer behind. */
export function useFakeTimers(): void {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })
}
