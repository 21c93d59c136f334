import { parseArgs } from 'node:util'
import { type SimulatorServerOptions, serveSimulator } from './simulator-server.ts'

const usage = 'Usage: npm run simulator -- --port <port> [--dialect v1|v2]'

/** @throws Error with one sentence for the person who typed the options. */
function readOptions(): SimulatorServerOptions {
  const { values } = parseArgs({ options: { port: { type: 'string' }, dialect: { type: 'string', default: 'v2' } } })
  const { port, dialect } = values
  if (port === undefined) throw new Error('--port is missing.')
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`--port is not a port: ${port}.`)
  if (dialect !== 'v1' && dialect !== 'v2') throw new Error(`--dialect is neither v1 nor v2: ${dialect}.`)
  return { port: Number(port), dialect }
}

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return 'The port is already in use.'
  if (code === 'EACCES') return 'The port may not be opened by this user.'
  // What parseArgs says after its first sentence is about positional arguments, of which there are none here.
  const [sentence = message] = message.split(/\.(?: |$)/)
  return `${sentence}. ${usage}`
}

try {
  const options = readOptions()
  const server = await serveSimulator(options)
  console.log(`etcd ${server.simulator.version} simulator (${options.dialect}) on ${server.url}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close())
} catch (error) {
  fail(explain(error))
}
