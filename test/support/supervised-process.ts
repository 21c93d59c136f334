import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that ends with the test process, however that ends. */
export interface SupervisedProcess {
  isRunning(): boolean
  /** What it has written to standard error. */
  log(): string
  /** Sends a signal, for example `SIGSTOP`, and waits for nothing. */
  signal(signal: NodeJS.Signals): void
  /** Ends it and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Runs its arguments and prints their process id. They are killed when standard input ends, so with the test process. */
const supervisor = `
exec 3<&0
"$@" & child=$!
echo $child
(cat <&3 >/dev/null; kill -9 $child 2>/dev/null) & watchdog=$!
wait $child; code=$?
kill $watchdog 2>/dev/null
exit $code`

export async function startSupervised(program: string, args: readonly string[]): Promise<SupervisedProcess> {
  const shell = spawn('sh', ['-c', supervisor, 'sh', program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = once(shell, 'exit')
  let log = ''
  shell.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const [line] = (await once(shell.stdout, 'data')) as [Buffer]
  const pid = Number(String(line).split('\n')[0])
  const isRunning = () => shell.exitCode === null && shell.signalCode === null
  const signal = (name: NodeJS.Signals) => {
    try {
      if (isRunning()) process.kill(pid, name)
    } catch (error) {
      // It has just ended, and the supervisor has yet to.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  return {
    isRunning,
    log: () => log,
    signal,
    async end(name) {
      signal(name)
      // One that is stopped would take no notice of a signal that it may handle.
      signal('SIGCONT')
      await exited
    },
  }
}
