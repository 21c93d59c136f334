import { NoInstancesError } from '../../../../src/errors.ts'
import type { ServiceInstance } from '../../../../src/instance/index.ts'
import type { ServiceBalancer, ServiceFetch, ServiceSnapshot, ServiceSource } from '../../../../src/resolver/index.ts'

export const instance = (id: string, more: Partial<ServiceInstance> = {}): ServiceInstance => ({
  id,
  service: 'web',
  address: `${id}:80`,
  weight: 100,
  tags: {},
  ...more,
})

/** A resolver that has the instances at hand; `lists` are given one after the other, the last one for ever. */
export function resolverOf(...lists: readonly (readonly ServiceInstance[] | Error)[]) {
  const left = [...lists]
  const asked: string[] = []
  const source: ServiceSource = {
    async resolve(service, options) {
      asked.push(service)
      options?.signal?.throwIfAborted()
      const instances = left.length > 1 ? left.shift() : left[0]
      if (instances instanceof Error) throw instances
      return { service, instances } as unknown as ServiceSnapshot
    },
  }
  return Object.assign(source, { asked })
}

/** Picks in the order of the list, and notes what it is told. */
export function inOrder(told: string[] = [], keyed = false) {
  return (live: { snapshot(): { readonly instances: readonly ServiceInstance[] } }): ServiceBalancer => ({
    pick({ exclude = [], key }) {
      if (keyed) told.push(`key ${key}`)
      const found = live.snapshot().instances.find(({ id }) => !exclude.includes(id))
      if (found === undefined) throw new NoInstancesError('nobody')
      told.push(`picked ${found.id}`)
      return found
    },
    reportFailure: ({ id }) => void told.push(`failed ${id}`),
    release: ({ id }) => void told.push(`released ${id}`),
  })
}

export interface Sent {
  readonly url: string
  readonly init: RequestInit
}

/** What an instance does with a request: a status, an answer, an error, or nothing until it is aborted. */
export type Act = number | Error | 'hang' | Response | ((sent: Sent) => Promise<Response>)

export interface ScriptedFetch {
  readonly fetch: ServiceFetch
  readonly sent: Sent[]
  /** `<host> <event>`: bodies that were cancelled, calls that were aborted. */
  readonly events: string[]
}

/** Each host does one thing after the other, the last one for ever. */
export function scriptedFetch(script: Readonly<Record<string, Act | readonly Act[]>>): ScriptedFetch {
  const left = new Map(Object.entries(script).map(([host, acts]) => [host, Array.isArray(acts) ? [...acts] : [acts]]))
  const sent: Sent[] = []
  const events: string[] = []
  return {
    sent,
    events,
    async fetch(input, init = {}) {
      const url = String(input)
      sent.push({ url, init })
      const { hostname: host } = new URL(url)
      const acts = left.get(host) ?? [new TypeError(`nobody expects ${url}`)]
      const act = acts.length > 1 ? acts.shift() : acts[0]
      if (act === 'hang') return hang(init.signal ?? undefined, () => events.push(`${host} aborted`))
      if (act instanceof Error) throw act
      if (act instanceof Response) return watched(act, () => events.push(`${host} cancelled`))
      if (typeof act === 'function') return act({ url, init })
      return watched(new Response(host, { status: act ?? 200 }), () => events.push(`${host} cancelled`))
    },
  }
}

export const refused = (): Error => Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
export const broken = (): Error => Object.assign(new TypeError('fetch failed'), { cause: { code: 'UND_ERR_SOCKET' } })

const hang = (signal: AbortSignal | undefined, onAbort: () => void) =>
  new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => {
      onAbort()
      reject(signal.reason)
    })
  })

/** The same answer, with a body that tells when it is cancelled. */
function watched(response: Response, onCancel: () => void): Response {
  const reader = response.body?.getReader()
  if (reader === undefined) return response
  const body = new ReadableStream({
    async pull(sink) {
      const { done, value } = await reader.read()
      if (done) sink.close()
      else sink.enqueue(value)
    },
    cancel: onCancel,
  })
  return new Response(body, response)
}
