import { checkMs } from '../check-ms.ts'
import { decodeBase64 } from './base64.ts'
import * as calls from './calls.ts'
import type { Gateway } from './gateway.ts'
import type { WireSnapshotResponse } from './wire-admin.ts'

export interface SnapshotOptions {
  readonly signal?: AbortSignal
  /** How long etcd may be silent. @default 30000 */
  readonly idleMs?: number
}

/** Nothing is sent before the stream is read; canceling it, or an abort, ends the call at etcd. */
export function openSnapshot(
  gateway: Gateway,
  { timeoutMs }: { readonly timeoutMs: number },
  { signal, idleMs = 30_000 }: SnapshotOptions = {},
): ReadableStream<Uint8Array> {
  const limits = { headerTimeoutMs: timeoutMs, idleMs: checkMs(idleMs, 'idleMs'), maxAgeMs: 2 ** 31 - 1 }
  const controller = new AbortController()
  const merged = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])
  const messages = gateway.stream<WireSnapshotResponse>(calls.snapshot, {}, limits, merged)
  return new ReadableStream<Uint8Array>(
    {
      async pull(sink) {
        const { done, value } = await messages.next()
        if (done) sink.close()
        else sink.enqueue(decodeBase64(value.blob ?? ''))
      },
      async cancel() {
        controller.abort()
        await messages.return().catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
}
