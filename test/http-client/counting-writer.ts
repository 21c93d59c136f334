import { setTimeout as sleep } from 'node:timers/promises'
import { isEtcdError } from 'etcd-edge'
import { compare, type EtcdClient, op } from 'etcd-edge/http-client'

/** Writes 1, 2, 3 … into one key, each exactly once, whatever becomes of the answers. */
export interface CountingWriter {
  /** The last value that is surely written. */
  written(): number
  /** How often a write had to be made again, and the longest that one took. */
  retries(): number
  slowestMs(): number
  /** Stops behind the value that is being written and gives the last one. @throws what the writer could not retry. */
  stop(): Promise<number>
}

export function startCountingWriter(etcd: EtcdClient, key: string, everyMs = 10): CountingWriter {
  let written = 0
  let retries = 0
  let slowestMs = 0
  let stopped = false

  /** Repeating it does no harm: it writes only behind the value before, and finds its own. */
  const write = async (value: number): Promise<boolean> => {
    const before = value === 1 ? compare.version(key, '=', 0) : compare.value(key, '=', String(value - 1))
    const answer = await etcd.kv
      .txn()
      .if(before)
      .then(op.put(key, String(value)))
      .else(op.get(key))
      .commit()
    return answer.succeeded || answer.results[0].kvs[0]?.value === String(value)
  }
  const writeOnce = async (value: number): Promise<void> => {
    for (;;) {
      try {
        if (await write(value)) return
        throw new Error(`somebody else has written ${key}`)
      } catch (error) {
        if (!isEtcdError(error) || !error.retryable) throw error
        retries += 1
        await sleep(20)
      }
    }
  }
  const writing = (async () => {
    while (!stopped) {
      const start = performance.now()
      await writeOnce(written + 1)
      written += 1
      slowestMs = Math.max(slowestMs, performance.now() - start)
      await sleep(everyMs)
    }
  })()
  writing.catch(() => {})
  return {
    written: () => written,
    retries: () => retries,
    slowestMs: () => slowestMs,
    async stop() {
      stopped = true
      await writing
      return written
    },
  }
}
