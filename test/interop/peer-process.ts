import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { PeerInstance, PeerState } from './framework.ts'

/** A program of `interop/go` that runs. It ends when its standard input does, so with the test process. */
export interface PeerProcess extends AsyncDisposable {
  /** What it has printed last. @throws Error with what is on its standard error, when it has printed nothing. */
  latest(): unknown
  /** Ends it properly: what it has registered it deregisters. @throws Error when that fails. */
  end(): Promise<void>
  /** As a machine that loses its power. */
  kill(): Promise<void>
}

export interface PeerTarget {
  readonly endpoint: string
  readonly service: string
  readonly ttlSeconds: number
  readonly view?: string | undefined
}

/** Registers with the framework's own code, and returns when it says that it has. */
export async function startRegistering(
  program: string,
  target: PeerTarget,
  instance: PeerInstance,
): Promise<PeerProcess> {
  const { metadata = {}, weight = 0, ...texts } = instance
  const flags = { ...texts, weight: `${weight}`, metadata: JSON.stringify(metadata) }
  return await start(program, ['register', ...targetFlags(target), ...toFlags(flags)])
}

/** Resolves with the framework's own code, and returns when it has seen its first state. */
export function startResolving(program: string, target: PeerTarget): Promise<PeerProcess> {
  return start(program, ['resolve', ...targetFlags(target)])
}

/** What a program that resolves sees now. */
export const stateOf = (resolving: PeerProcess): PeerState => resolving.latest() as PeerState

const targetFlags = ({ endpoint, service, ttlSeconds, view }: PeerTarget) =>
  toFlags({ endpoint: new URL(endpoint).host, service, ttl: `${ttlSeconds}s`, ...(view === undefined ? {} : { view }) })

const toFlags = (flags: Readonly<Record<string, string>>) =>
  Object.entries(flags).flatMap(([name, value]) => [`-${name}`, value])

async function start(program: string, args: readonly string[]): Promise<PeerProcess> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  // One that has gone already is told nothing.
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })
  let line: unknown
  lines.on('line', (text) => {
    line = JSON.parse(text)
  })
  const complaint = (what: string) => new Error(`${program} ${args[0]} ${what}: ${log}`)
  const kill = async () => {
    if (isRunning(child)) child.kill('SIGKILL')
    await exited
  }
  await Promise.race([once(lines, 'line'), exited])
  if (line === undefined) throw complaint('has ended without a word')
  return {
    latest() {
      if (!isRunning(child)) throw complaint('has ended')
      return line
    },
    async end() {
      child.stdin.end()
      await exited
      if (child.exitCode !== 0) throw complaint(`has ended with ${child.exitCode ?? child.signalCode}`)
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcessByStdio<Writable, Readable, Readable>) =>
  exitCode === null && signalCode === null
