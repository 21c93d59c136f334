import type { EtcdObserver, EtcdResponseEvent, EtcdRetryEvent } from 'etcd-edge/http-client'

/** What a client's observer was told. */
export interface CallLog {
  readonly observer: EtcdObserver
  readonly responses: readonly EtcdResponseEvent[]
  readonly retries: readonly EtcdRetryEvent[]
  /** How often a call was sent, such as `auth/authenticate`. */
  count(call: string): number
}

export function callLog(): CallLog {
  const requests: string[] = []
  const responses: EtcdResponseEvent[] = []
  const retries: EtcdRetryEvent[] = []
  const observer: EtcdObserver = {
    onRequest: ({ call }) => requests.push(call),
    onResponse: (event) => responses.push(event),
    onRetry: (event) => retries.push(event),
  }
  return { observer, responses, retries, count: (call) => requests.filter((other) => other === call).length }
}
