import { createKeyValue } from '../../../src/http-client/key-value.ts'
import { native } from '../../../src/instance/index.ts'
import type { ResolvedInstance } from '../../../src/resolver/index.ts'
import { createLiveSet, type LiveSet, type LiveSetOptions } from '../../../src/resolver/live-set.ts'
import type { RecordEvent } from '../../../src/resolver/record-set.ts'
import type { InstancerEvent } from '../../../src/resolver/subscribers.ts'

const b64 = (text: string) => Buffer.from(text).toString('base64')

export const record = (key: string, value: string, revision: number) =>
  createKeyValue({ key: b64(key), value: b64(value), mod_revision: String(revision) })

const kv = (id: string, revision: number, fields: object = {}) =>
  record(`/services/web/${id}`, JSON.stringify({ address: 'a:1', ...fields }), revision)

/** A live set that a test feeds by hand, and what it has told. */
export interface FedSet extends LiveSet {
  readonly events: InstancerEvent[]
  /** One event each, at the next revision. */
  put(id: string, fields?: object): void
  /** All of them at the next revision. */
  remove(...ids: string[]): void
  /** A list, one revision further on, finds these. */
  list(...ids: string[]): void
  ids(): string[]
  revision(): number
  /** What comes of applying the changes of all events, one after the other. */
  replayed(): readonly ResolvedInstance[]
}

export function fedSet(options: Partial<LiveSetOptions> = {}): FedSet {
  const none = { onRejected: undefined, onDrift: undefined, keepLastMs: undefined }
  const settings = { format: native(), matches: () => true, ...none, ...options }
  const set = createLiveSet('web', settings, { start: () => {}, leave: async () => {} })
  const events: InstancerEvent[] = []
  set.instancer.subscribe((event) => events.push(event))
  let revision = 0
  const change = (event: (id: string) => RecordEvent, ids: readonly string[]) => {
    revision += 1
    set.changed(revision, ids.map(event))
  }
  return {
    ...set,
    events,
    put: (id, fields) => change((each) => ({ type: 'put', kv: kv(each, revision, fields) }), [id]),
    remove: (...ids) => change((id) => ({ type: 'delete', kv: kv(id, revision) }), ids),
    list(...ids) {
      revision += 1
      set.listed(
        { revision, clusterId: '1' },
        ids.map((id) => kv(id, revision)),
      )
    },
    ids: () => set.instancer.snapshot().instances.map(({ id }) => id),
    revision: () => revision,
    replayed() {
      const instances = new Map<string, ResolvedInstance>()
      for (const event of events) {
        if (event.type === 'error') continue
        for (const { key } of event.change.removed) instances.delete(key)
        for (const instance of [...event.change.added, ...event.change.updated]) instances.set(instance.key, instance)
      }
      return [...instances.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    },
  }
}
