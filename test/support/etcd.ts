import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { type SupervisedProcess, startSupervised } from './supervised-process.ts'

export interface EtcdOptions {
  /** The program to run. Default: `etcd` on PATH. */
  readonly binary?: string
  /** Where the data is. Default: a new directory, which `stop` removes. */
  readonly dataDir?: string
  /** The client port. Default: a free one. */
  readonly port?: number
  /** The port for other members. Default: a free one. */
  readonly peerPort?: number
  /** More arguments; one that is given here as well counts. */
  readonly args?: readonly string[]
}

/** One real etcd, alone in its cluster, on loopback. */
export interface Etcd extends AsyncDisposable {
  readonly url: string
  readonly peerPort: number
  readonly dataDir: string
  readonly version: string
  /** Ends etcd and waits until it is gone; `SIGKILL` unless told otherwise. The data and the ports stay its own. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Ends etcd if it runs, starts it on the same data and ports and waits until it is healthy. */
  restart(): Promise<void>
  /** Ends etcd and removes the data directory unless the caller gave it. */
  stop(): Promise<void>
  /** The page `/metrics`, by series. */
  metrics(): Promise<ReadonlyMap<string, number>>
}

/** etcd 3.4 cannot be told to do without fsync: on a disk the tests would measure how busy that is. */
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** How long an etcd may take to be healthy. */
const startMs = 20_000

/** Starts an etcd and waits until it is healthy. It is killed with the test process if nobody stops it before. */
export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  const binary = options.binary ?? 'etcd'
  // Otherwise whoever is there already would pass for ours.
  const url = `http://127.0.0.1:${await freePort(options.port)}`
  const peerPort = await freePort(options.peerPort)
  const dataDir = options.dataDir ?? (await mkdtemp(join(inMemory, 'etcd-edge-')))
  const version = etcdVersion(binary) ?? ''
  const args = [...etcdArguments({ url, peerPort, dataDir, version }), ...(options.args ?? [])]
  let running: SupervisedProcess | undefined

  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => await running?.end(signal)
  const restart = async () => {
    await kill()
    running = await run(binary, args, url)
  }
  const stop = async () => {
    await kill()
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
  }
  const metrics = async () => parseMetrics(await (await fetch(`${url}/metrics`)).text())
  try {
    await restart()
  } catch (error) {
    await stop()
    throw error
  }
  return { url, peerPort, dataDir, version, kill, restart, stop, metrics, [Symbol.asyncDispose]: stop }
}

/** The version of an etcd program; `undefined` when there is none. */
export function etcdVersion(binary = 'etcd'): string | undefined {
  try {
    return /etcd Version: (\S+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }))?.[1]
  } catch {
    return undefined
  }
}

function etcdArguments(etcd: Pick<Etcd, 'url' | 'peerPort' | 'dataDir' | 'version'>): string[] {
  const peerUrl = `http://127.0.0.1:${etcd.peerPort}`
  const flags = {
    name: 'test',
    'data-dir': etcd.dataDir,
    'listen-client-urls': etcd.url,
    'advertise-client-urls': etcd.url,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `test=${peerUrl}`,
    'log-level': 'error',
  }
  const withoutSync = etcd.version.startsWith('3.4.') ? [] : ['--unsafe-no-fsync']
  return [...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), ...withoutSync]
}

async function run(binary: string, args: readonly string[], url: string): Promise<SupervisedProcess> {
  const etcd = await startSupervised(binary, args)
  if (await isHealthy(url, etcd)) return etcd
  await etcd.end('SIGKILL')
  throw new Error(`etcd did not become healthy on ${url}:\n${etcd.log()}`)
}

async function isHealthy(url: string, etcd: SupervisedProcess): Promise<boolean> {
  const deadline = Date.now() + startMs
  while (etcd.isRunning() && Date.now() < deadline) {
    const health = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    await health?.text()
    if (health?.ok) return true
    await sleep(50)
  }
  return false
}

function parseMetrics(page: string): ReadonlyMap<string, number> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}
