import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePorts } from './port.ts'
import { StartError } from './start-error.ts'

export interface EtcdProcessOptions {
  readonly binary: string
  /** For its data. It is removed when etcd is stopped, or this process dies. */
  readonly dir: string
  readonly signal: AbortSignal
  /** Called when etcd ends although nobody asked it to. */
  readonly onDeath: () => void
}

export interface EtcdProcess extends AsyncDisposable {
  readonly url: string
}

/** How long etcd may take to become healthy. */
const startMs = 20_000

/**
 * Runs its arguments, says when they have ended, and kills them and removes $REMOVE_DIR when standard input ends: also when
 * this process is killed, for a pipe ends with the process that holds it.
 */
const guard = `
exec 3<&0
"$@" <&- 3<&- >&2 & etcd=$!
(cat <&3 >&2; kill -9 $etcd) & watch=$!
wait $etcd
kill $watch
echo ended
cat <&3 >&2
rm -rf "$REMOVE_DIR"`

/** An etcd of our own, on free ports of loopback. It is healthy when this resolves, and gone when this rejects. */
export async function startEtcdProcess(options: EtcdProcessOptions): Promise<EtcdProcess> {
  const { binary, dir, signal } = options
  const [clientPort = 0, peerPort = 0] = await findFreePorts(2)
  const url = `http://127.0.0.1:${clientPort}`
  signal.throwIfAborted()
  // A process group of its own: Ctrl-C in a terminal reaches the whole group, and etcd is needed until all has been
  // deregistered.
  const shell = spawn('sh', ['-c', guard, 'sh', binary, ...etcdArguments(url, peerPort, dir)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: etcdEnvironment(dir),
  })
  const log = lastLines(shell)
  const exited = once(shell, 'exit')
  const ended = Promise.race([once(shell.stdout, 'data'), exited])
  const stop = async () => {
    shell.stdin.destroy()
    await exited
  }
  try {
    await untilHealthy(url, ended, signal)
  } catch (error) {
    await stop()
    throw error instanceof StartError ? new StartError(`${error.message}: ${log() || 'it said nothing'}`) : error
  }
  let stopping = false
  void ended.then(() => stopping || options.onDeath())
  return {
    url,
    async [Symbol.asyncDispose]() {
      stopping = true
      await stop()
    },
  }
}

function etcdArguments(url: string, peerPort: number, dir: string): readonly string[] {
  const peerUrl = `http://127.0.0.1:${peerPort}`
  const flags = {
    name: 'etcd-edge',
    'data-dir': join(dir, 'etcd'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `etcd-edge=${peerUrl}`,
    'log-level': 'error',
  }
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
}

// etcd reads each of its flags from a variable too, and refuses to start when both are given.
function etcdEnvironment(dir: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_'))
  return { ...Object.fromEntries(own), REMOVE_DIR: dir }
}

async function untilHealthy(url: string, ended: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + startMs
  const dead = ended.then(() => true)
  while (performance.now() < deadline) {
    signal.throwIfAborted()
    if (await isHealthy(url)) return
    if (await Promise.race([dead, sleep(50, false)])) throw new StartError('the etcd on PATH does not start')
  }
  throw new StartError(`the etcd on PATH is not healthy after ${startMs / 1000} s`)
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const health = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) })
    await health.text()
    return health.ok
  } catch {
    return false
  }
}

function lastLines(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-500)
  })
  return () => text.trim().split('\n').at(-1) ?? ''
}
