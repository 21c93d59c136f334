import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { describeWithNewestEtcd } from '../support/describe-with-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'

interface Left {
  readonly before: { readonly sockets: number; readonly timers: number }
  readonly after: { readonly sockets: number; readonly timers: number }
  readonly heapGrowth: number
}

/** Less than 100 bytes for each of the 2000: not even a closure. */
const mostGrowth = 200_000

describeWithNewestEtcd('a thousand watches that were given up and a thousand calls that failed', ({ path: binary }) => {
  test('leave no watcher at etcd, no socket, no timer and no memory', async ({ signal }) => {
    await using etcd = await startEtcd({ binary })
    const deadUrl = `http://127.0.0.1:${await freePort()}`
    const run = fileURLToPath(new URL('leak-run.ts', import.meta.url))
    const args = ['--expose-gc', run, etcd.url, deadUrl]
    const { stdout } = await promisify(execFile)(process.execPath, args, { signal })
    const left = JSON.parse(stdout) as Left
    console.log(`sockets ${left.before.sockets} → ${left.after.sockets}, heap +${left.heapGrowth} bytes`)
    expect(left.after.sockets).toBeLessThanOrEqual(left.before.sockets)
    expect(left.after.timers).toBeLessThanOrEqual(left.before.timers)
    expect(left.heapGrowth).toBeLessThan(mostGrowth)
    await eventually(async () => {
      const metrics = await etcd.metrics()
      expect(metrics.get('etcd_debugging_mvcc_watcher_total')).toBe(0)
      expect(metrics.get('etcd_debugging_mvcc_watch_stream_total')).toBe(0)
    })
  })
})
