import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execa, type Options } from 'execa'

/** What `npm start -- --json` prints when it is ready. */
export interface Ready {
  readonly url: string
  readonly etcd: string
  readonly engine: string
  readonly token: string
  readonly pid: number
}

export interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | undefined
}

export interface Started extends AsyncDisposable {
  readonly pid: number
  /** The next line on standard output. @throws Error with all that it said when it ends without one. */
  nextLine(): Promise<string>
  readonly ended: Promise<Ended>
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Runs what `npm start` runs, in a process group of its own. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const options = {
    cwd: root,
    env: { ETCD_ENDPOINTS: '', ...env },
    reject: false,
    detached: true,
    timeout: 60_000,
  } satisfies Options
  const child = execa(process.execPath, ['tools/start.ts', ...args], options)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ended = child.then(({ stdout, stderr, exitCode }) => ({ stdout, stderr, exitCode }))
  return {
    pid: child.pid ?? 0,
    ended,
    async nextLine() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`it ended: ${JSON.stringify(await ended)}`)
      return value
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Whether anything listens there. */
export async function isListening(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(2000) })
    return true
  } catch {
    return false
  }
}

export interface Program {
  readonly pid: number
  readonly name: string
}

/** The programs that run with this variable in their environment: all that a process has started, wherever it went. */
export function programsWith(variable: string): readonly Program[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = pids.filter((pid) => readProcess(pid, 'environ').includes(variable))
  return found.map((pid) => ({ pid: Number(pid), name: readProcess(pid, 'comm').trim() }))
}

// Empty for a process that has ended meanwhile, or is somebody else's.
function readProcess(pid: string, file: 'environ' | 'comm'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
