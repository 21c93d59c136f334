import { parseArgs } from 'node:util'
import { StartError } from './start-error.ts'

export interface StartOptions {
  /** Where the Worker listens; 0 = a free port. */
  readonly port: number
  /** The etcd to use; empty = find or start one. */
  readonly endpoints: readonly string[]
  readonly token: string | undefined
  readonly once: boolean
  readonly json: boolean
  readonly help: boolean
}

export const usage = `Usage: npm start -- [options]

Runs the discovery Worker in workerd with an etcd behind it, and registers one demo instance. Ctrl-C stops everything.

  --port <port>    where the Worker listens on 127.0.0.1; 0 takes a free port (8787)
  --etcd <url>     the etcd to use; several are separated by commas (the variable ETCD_ENDPOINTS; without it an etcd
                   found on PATH is started on a temporary directory; without that one etcd is imitated in memory)
  --token <token>  the bearer token that may write (a random one)
  --once           register, resolve, change, watch the change arrive, deregister; then stop
  --json           when ready print one line of JSON: url, etcd, engine, token, pid; all else goes to standard error
  --help           print this

As a program: npm start --silent -- --json --port 0
`

const options = {
  port: { type: 'string', default: '8787' },
  etcd: { type: 'string' },
  token: { type: 'string' },
  once: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** @throws StartError that names the wrong option. */
export function readStartOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): StartOptions {
  const { values, positionals } = parse(args)
  const { port, etcd, token, once, json, help } = values
  const [positional] = positionals
  if (positional !== undefined) {
    throw new StartError(
      `"${positional}" is not an option; options are given after two dashes, as in: npm start -- --port 9000`,
    )
  }
  const [source, urls] = etcd === undefined ? ['ETCD_ENDPOINTS', env.ETCD_ENDPOINTS || undefined] : ['--etcd', etcd]
  return { port: readPort(port), endpoints: readEndpoints(urls, source), token: readToken(token), once, json, help }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (error) {
    // Node adds advice after the first sentence that is of no use here.
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split(/\. |\n/)
    throw new StartError(`${sentence}; npm start -- --help lists the options`, { cause: error })
  }
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new StartError(`--port must be a number from 0 to 65535, not "${text}"`)
  return port
}

function readEndpoints(text: string | undefined, source: string): readonly string[] {
  if (text === undefined) return []
  return text.split(',').map((part) => {
    const url = URL.parse(part.trim())
    if (url === null || !['http:', 'https:'].includes(url.protocol)) {
      throw new StartError(`${source} must be a URL such as http://127.0.0.1:2379, not "${part.trim()}"`)
    }
    return part.trim()
  })
}

// The characters that may follow "Bearer " (RFC 6750, b68token); the token is never repeated in a message.
function readToken(token: string | undefined): string | undefined {
  if (token !== undefined && !/^[\w.~+/-]+=*$/.test(token)) {
    throw new StartError('--token must be made of letters, digits and - . _ ~ + / only')
  }
  return token
}
