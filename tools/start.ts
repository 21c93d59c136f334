/** `npm start`: the Worker in workerd, an etcd behind it and one demo instance; see start-options.ts. */

import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomToken } from './access-token.ts'
import { registerDemo } from './demo-instance.ts'
import { openEtcd } from './etcd-source.ts'
import { startLocalWorker } from './local-worker.ts'
import { checkPort } from './port.ts'
import { StartError } from './start-error.ts'
import { readStartOptions, type StartOptions, usage } from './start-options.ts'
import { instructions, readyLine, summary } from './start-output.ts'
import { listenForStop, Stopped } from './stop-signal.ts'
import { walkThrough } from './walkthrough.ts'

const signal = listenForStop()

async function main(): Promise<void> {
  const options = readStartOptions(process.argv.slice(2), process.env)
  if (options.help) return void process.stdout.write(usage)
  if (options.port !== 0) await checkPort(options.port)
  const cleanup = new AsyncDisposableStack()
  try {
    await run(options, cleanup)
  } finally {
    await cleanup.disposeAsync()
  }
}

/** Starts what is needed, in the order of need, and does what was asked for. Whatever it started is in `cleanup`. */
async function run(options: StartOptions, cleanup: AsyncDisposableStack): Promise<void> {
  const { port, token = randomToken(), json } = options
  const dir = await temporaryDirectory(cleanup)
  const onDeath = () => console.error('etcd has ended; the Worker goes on with what it knows')
  const etcd = cleanup.use(await openEtcd({ endpoints: options.endpoints, dir, signal, onDeath }))
  const { endpoints } = etcd
  const worker = cleanup.use(await startLocalWorker({ port, endpoints, token, homeDir: dir, signal }))
  const demo = cleanup.use(await registerDemo(endpoints, worker.url, signal))
  const running = { ...etcd, ...demo, url: worker.url, token }
  if (json) console.log(readyLine(running))
  const print = json ? console.error : console.log
  print(summary(running))
  if (options.once) return walkThrough({ url: worker.url, token, signal, print })
  print(instructions(running))
  await untilStopped()
  console.error('stopping')
}

async function temporaryDirectory(cleanup: AsyncDisposableStack): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'etcd-edge-start-'))
  // When the process ends in any other way than through `cleanup`.
  process.on('exit', () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }))
  cleanup.defer(() => rm(dir, { recursive: true, force: true }))
  return dir
}

async function untilStopped(): Promise<void> {
  if (signal.aborted) return
  // A pending promise keeps no process alive.
  const alive = setInterval(() => {}, 2 ** 30)
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  clearInterval(alive)
}

function exitCode(error: unknown): number {
  if (signal.reason instanceof Stopped) return signal.reason.exitCode
  const message = error instanceof Error ? error.message : String(error)
  console.error(error instanceof StartError ? message : `unexpected: ${message}`)
  return 1
}

// Whoever reads our output may be gone before us.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

process.exit(await main().then(() => 0, exitCode))
