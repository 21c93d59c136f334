import type { EtcdSimulator } from 'etcd-edge/testing'

/** What came back for one call; the JSON is whatever the test expects it to be. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number
  readonly json: Body
}

export async function post<Body = Record<string, unknown>>(
  simulator: EtcdSimulator,
  path: string,
  body: object | string = {},
): Promise<Answer<Body>> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await simulator.fetch(`http://etcd${path}`, { method: 'POST', body: text })
  return { status: response.status, json: (await response.json()) as Body }
}

export async function put(simulator: EtcdSimulator, key: string, value = '', more: object = {}): Promise<number> {
  const body = { key: btoa(key), value: btoa(value), ...more }
  const { json } = await post<{ header: { revision: string } }>(simulator, '/v3/kv/put', body)
  return Number(json.header.revision)
}

export async function remove(simulator: EtcdSimulator, key: string, rangeEnd = ''): Promise<void> {
  await post(simulator, '/v3/kv/deleterange', { key: btoa(key), range_end: btoa(rangeEnd) })
}

export interface ListedKey {
  readonly key: string
  readonly value: string
}

/** The keys from `key` to `rangeEnd` as text, at a revision if the options say so. */
export async function list(
  simulator: EtcdSimulator,
  key: string,
  rangeEnd = '',
  more: object = {},
): Promise<ListedKey[]> {
  const body = { key: btoa(key), range_end: btoa(rangeEnd), ...more }
  const { json } = await post<{ kvs?: { key: string; value?: string }[] }>(simulator, '/v3/kv/range', body)
  return (json.kvs ?? []).map((kv) => ({ key: atob(kv.key), value: atob(kv.value ?? '') }))
}

export interface WatchLine {
  readonly result?: {
    readonly header?: { readonly revision?: string }
    readonly watch_id?: string
    readonly created?: boolean
    readonly canceled?: boolean
    readonly cancel_reason?: string
    readonly compact_revision?: string
    readonly fragment?: boolean
    readonly events?: readonly {
      readonly type?: string
      readonly kv: { readonly key: string; readonly value?: string; readonly mod_revision: string }
      readonly prev_kv?: { readonly value?: string }
    }[]
  }
  readonly error?: unknown
}

/** A stream of answers, read line by line. */
export interface OpenStream {
  readonly response: Response
  /** The next line; `undefined` at the end. */
  next(): Promise<WatchLine | undefined>
  /** The next line as it is, with its line break. */
  nextText(): Promise<string | undefined>
  cancel(): Promise<void>
}

/** Opens a stream with one body of requests: one object, or several that are sent one after the other. */
export async function open(
  simulator: EtcdSimulator,
  path: string,
  requests: object | string | readonly object[],
  init: RequestInit = {},
): Promise<OpenStream> {
  const bodies = Array.isArray(requests) ? requests : [requests]
  const body = bodies.map((request) => (typeof request === 'string' ? request : JSON.stringify(request))).join('\n')
  const response = await simulator.fetch(`http://etcd${path}`, { method: 'POST', body, ...init })
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader()
  // The simulator sends one line per chunk, so that a line is what one read gives.
  const nextText = async () => {
    const { value } = await reader.read()
    return value && new TextDecoder().decode(value)
  }
  return {
    response,
    nextText,
    next: async () => {
      const text = await nextText()
      return text === undefined ? undefined : (JSON.parse(text) as WatchLine)
    },
    cancel: () => reader.cancel(),
  }
}

export function watch(simulator: EtcdSimulator, create: object, init: RequestInit = {}): Promise<OpenStream> {
  return open(simulator, '/v3/watch', { create_request: create }, init)
}

/** What the events of a line say, in short: `a=1@5`, or `-a@6` for a deletion. */
export function eventsOf(line: WatchLine | undefined): string[] {
  return (line?.result?.events ?? []).map(({ type, kv }) =>
    type === 'DELETE'
      ? `-${atob(kv.key)}@${kv.mod_revision}`
      : `${atob(kv.key)}=${atob(kv.value ?? '')}@${kv.mod_revision}`,
  )
}
