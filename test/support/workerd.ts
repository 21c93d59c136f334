import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Workerd extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

const require = createRequire(import.meta.url)
/** The program that wrangler uses. */
const program: string = createRequire(require.resolve('wrangler'))('workerd').default

/**
 * One module as a Worker, in a workerd of its own. Without the proxy of wrangler its aborts reach whom it calls, and it is
 * told when the connection of a client breaks.
 */
export async function startWorkerd(code: string, variables: Readonly<Record<string, string>> = {}): Promise<Workerd> {
  const dir = await mkdtemp(join(tmpdir(), 'etcd-edge-workerd-'))
  await writeFile(join(dir, 'worker.js'), code)
  await writeFile(join(dir, 'config.capnp'), configOf(variables))
  const child = spawn(program, ['serve', join(dir, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    // workerd would wait for open connections otherwise.
    child.kill('SIGKILL')
    await exited
    await rm(dir, { recursive: true, force: true })
  }
  const control = child.stdio[3]
  if (control === undefined || control === null) throw new Error('workerd has no control pipe')
  const [line] = await Promise.race([once(control, 'data'), exited.then(() => [])])
  const port = Number(/"port":(\d+)/.exec(String(line))?.[1])
  if (port > 0) return { url: `http://127.0.0.1:${port}`, port, [Symbol.asyncDispose]: stop }
  await stop()
  throw new Error('workerd did not start')
}

function configOf(variables: Readonly<Record<string, string>>): string {
  const bindings = Object.entries(variables).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .w), (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const w :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-10-20",
  compatibilityFlags = ["no_nodejs_compat_v2", "enable_request_signal"],
  bindings = [${bindings.join(', ')}]
);
`
}
