import type { FetchLike } from '../../../src/http-client/index.ts'

export interface HeldCall {
  /** Answers with one record of the service `web` for each id. */
  answer(revision: number, ...ids: string[]): void
  fail(error: Error): void
}

/** etcd as lists see it, when each call is answered by hand. */
export class HeldEtcd {
  readonly calls: HeldCall[] = []
  readonly fetch: FetchLike = (_, { signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      this.calls.push({
        answer: (revision, ...ids) => resolve(listOf(revision, ids)),
        fail: reject,
      })
    })
}

function listOf(revision: number, ids: readonly string[]): Response {
  const value = btoa('{"address":"10.0.0.1:80"}')
  const kvs = ids.map((id) => ({ key: btoa(`/services/web/${id}`), value, mod_revision: String(revision) }))
  return Response.json({ header: { cluster_id: '5', revision: String(revision) }, kvs })
}
