import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type AnyEtcdError, createEtcdClient, isEtcdError } from 'etcd-edge'
import { startEtcdProcess } from './etcd-process.ts'
import { serveSimulator } from './simulator-server.ts'
import { StartError } from './start-error.ts'

/** The etcd that a run uses, whoever runs it. */
export interface EtcdSource extends AsyncDisposable {
  readonly endpoints: readonly string[]
  /** "etcd 3.4.23" or "in-memory". */
  readonly engine: string
  /** Where it comes from, for people. */
  readonly origin: string
}

export interface EtcdSourceOptions {
  readonly endpoints: readonly string[]
  /** A temporary directory, to be removed with the etcd that is started in it. */
  readonly dir: string
  readonly signal: AbortSignal
  readonly onDeath: () => void
}

/** How long an etcd that should be there may take to answer. */
const answerMs = 2000

/** The etcd that was asked for; else one found on PATH, started here; else one imitated in memory. */
export async function openEtcd(options: EtcdSourceOptions): Promise<EtcdSource> {
  if (options.endpoints.length > 0) return useEtcd(options.endpoints, options.signal)
  const version = await findEtcd()
  return version === undefined ? imitateEtcd() : startEtcd(version, options)
}

async function useEtcd(endpoints: readonly string[], signal: AbortSignal): Promise<EtcdSource> {
  const etcd = createEtcdClient({ endpoints })
  try {
    const { version } = await etcd.status({ timeoutMs: answerMs, signal })
    return { endpoints, engine: `etcd ${version}`, origin: 'not started here', async [Symbol.asyncDispose]() {} }
  } catch (error) {
    if (!isEtcdError(error)) throw error
    throw new StartError(complaint(endpoints.join(', '), error), { cause: error })
  }
}

function complaint(urls: string, { code, message }: AnyEtcdError): string {
  if (code === 'UNAVAILABLE') return `etcd cannot be reached at ${urls}`
  if (code === 'DEADLINE') return `etcd does not answer within ${answerMs / 1000} s at ${urls}`
  return `etcd is not to be used at ${urls}: ${message}`
}

async function startEtcd(version: string, options: EtcdSourceOptions): Promise<EtcdSource> {
  const etcd = await startEtcdProcess({ ...options, binary: 'etcd' })
  return {
    endpoints: [etcd.url],
    engine: `etcd ${version}`,
    origin: 'found on PATH, started with a temporary data directory',
    [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
  }
}

async function imitateEtcd(): Promise<EtcdSource> {
  const server = await serveSimulator({ port: 0, host: '127.0.0.1', dialect: 'v2' })
  return {
    endpoints: [server.url],
    engine: 'in-memory',
    origin: 'there is no etcd on PATH, so one is imitated in memory',
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** The version of the etcd on PATH; undefined when there is none. */
async function findEtcd(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('etcd', ['--version'])
    return /etcd Version: (\S+)/.exec(stdout)?.[1] ?? 'of unknown version'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StartError('the etcd on PATH does not run; name another with --etcd', { cause: error })
  }
}
