import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

export interface Runtime {
  readonly name: string
  /** What comes before the program on the command line. */
  readonly command: readonly [program: string, ...args: string[]]
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const bin = `${root}node_modules/.bin`

/** The runtimes that people run services on. Deno is given the network, and nothing else. */
export const runtimes: readonly Runtime[] = [
  { name: 'Node', command: [`${bin}/node`] },
  { name: 'Deno', command: [`${bin}/deno`, 'run', '--no-prompt', '--allow-net=127.0.0.1'] },
  { name: 'Bun', command: [`${bin}/bun`] },
]

/** A program under way. */
export interface RunningExample extends AsyncDisposable {
  /** The next line that it prints. @throws Error with all that it said when it ends without one. */
  nextLine(): Promise<string>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number | undefined }>
}

/** Runs a file of `examples/` against the built package, as a user would. */
export function runExample(runtime: Runtime, example: string, ...rest: readonly string[]): RunningExample {
  const [program, ...args] = runtime.command
  const child = execa(program, [...args, `examples/${example}`, ...rest], {
    cwd: root,
    reject: false,
    // A slow etcd is no reason to kill it: the test's own time limit is what ends it.
    forceKillAfterDelay: false,
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ended = child.then(({ stdout, stderr, exitCode }) => ({ stdout, stderr, exitCode }))
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    async nextLine() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`it ended: ${JSON.stringify(await ended)}`)
      return value
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
