import { createEtcdClient, type FetchInit, type FetchLike } from '../../../src/http-client/index.ts'

export const line = (result: object) => `${JSON.stringify({ result })}\n`
export const header = (revision: number) => ({ cluster_id: '1', revision: String(revision) })
export const created = (revision = 10) => line({ header: header(revision), created: true })
export const put = (revision: number) =>
  line({ header: header(revision), events: [{ kv: { key: 'aw==', value: 'dg==', mod_revision: String(revision) } }] })

/** One stream that the fake etcd has opened. */
export interface Opened {
  readonly startRevision: string
  readonly init: FetchInit
  send(text: string): void
  end(): void
  breakOff(): void
  canceled: boolean
}

/** An etcd whose only call is the watch. */
export function fakeEtcd() {
  const streams: Opened[] = []
  let answer: (() => Promise<Response>) | undefined
  const fetch: FetchLike = async (_, init) => {
    if (answer) return answer()
    const request = JSON.parse(init.body).create_request
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const opened: Opened = {
      startRevision: request.start_revision,
      init,
      send: (text) => controller?.enqueue(new TextEncoder().encode(text)),
      end: () => controller?.close(),
      breakOff: () => controller?.error(new TypeError('terminated')),
      canceled: false,
    }
    const body = new ReadableStream<Uint8Array>({
      start(own) {
        controller = own
      },
      cancel() {
        opened.canceled = true
      },
    })
    streams.push(opened)
    return new Response(body)
  }
  return {
    streams,
    etcd: createEtcdClient({ endpoints: ['http://etcd:2379'], fetch }),
    answerWith(next: () => Promise<Response>) {
      answer = next
    },
  }
}
