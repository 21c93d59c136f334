import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { accessTokens } from './access-token.ts'
import { StartError } from './start-error.ts'
import { orStop } from './stop-signal.ts'

export interface LocalWorkerOptions {
  readonly port: number
  readonly endpoints: readonly string[]
  readonly token: string
  /** Where wrangler may keep its own files. */
  readonly homeDir: string
  readonly signal: AbortSignal
}

export interface LocalWorker extends AsyncDisposable {
  readonly url: string
}

const host = '127.0.0.1'
/** How long the Worker may take to give up its connections. */
const stopMs = 3000
/** How long its first answer may take, on a machine that has much else to do: workerd starts with it. */
const answerMs = 20_000

/** The Worker of wrangler.toml in a real workerd. */
export async function startLocalWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  const { signal } = options
  keepWranglerQuiet(options.homeDir)
  // Loaded late: it takes a second, and what can be wrong before should be said at once.
  const { unstable_startWorker } = await orStop(import('wrangler'), signal)
  const worker = await unstable_startWorker({
    config: fileURLToPath(new URL('../wrangler.toml', import.meta.url)),
    bindings: workerBindings(options),
    dev: {
      server: { hostname: host, port: options.port },
      inspector: false,
      persist: false,
      watch: false,
      logLevel: 'none',
    },
  }).catch(cannotStart)
  const dispose = async () => {
    // A Worker that never came up has no more to say when it goes.
    await Promise.race([worker.dispose().catch(() => {}), sleep(stopMs)])
  }
  try {
    const failed = once(worker.raw, 'error').then(([event]) => cannotStart(event))
    await orStop(Promise.race([worker.ready.catch(cannotStart), failed]), signal)
    const { origin } = await worker.url
    await checkAnswer(origin, signal)
    return { url: origin, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** A Worker that throws while it is loaded is ready all the same, and answers nobody. */
async function checkAnswer(url: string, signal: AbortSignal): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
  const answer = await fetch(`${url}/healthz`, { signal: patience }).catch((cause) => {
    throw new StartError('the Worker does not answer; it may throw while it is loaded', { cause })
  })
  if (!answer.ok) throw new StartError(`the Worker does not work: /healthz answers ${answer.status}`)
}

function workerBindings({ endpoints, token }: LocalWorkerOptions) {
  const variables = {
    ETCD_ENDPOINTS: endpoints.join(','),
    ACCESS_TOKENS: accessTokens(token),
    ANONYMOUS_READ: 'true',
    ALLOW_LOOPBACK: 'true',
  }
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, { type: 'plain_text' as const, value }]),
  )
}

// Read by wrangler while it is loaded: it would write logs and settings to the user's home, call its maker and print to
// standard output.
function keepWranglerQuiet(homeDir: string): void {
  Object.assign(process.env, {
    XDG_CONFIG_HOME: homeDir,
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_WRITE_LOGS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  })
}

/** @throws StartError with wrangler's innermost reason. */
function cannotStart(error: unknown): never {
  throw new StartError(`the Worker does not start: ${reasonOf(error)}`, { cause: error })
}

function reasonOf(error: unknown): string {
  const { cause, errors, reason, text, message } = error as Readonly<Record<string, unknown>>
  if (cause instanceof Error) return reasonOf(cause)
  if (Array.isArray(errors) && errors.length > 0) return reasonOf(errors[0])
  return String(text ?? reason ?? message ?? error).split('\n')[0] ?? ''
}
