import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A loopback port that was free a moment ago, below those that systems give to outgoing connections (from 32768 on Linux,
 * from 49152 elsewhere): one of these could have it before whoever asked listens.
 * @throws when `port` is given and taken.
 */
export async function freePort(port?: number): Promise<number> {
  if (port !== undefined) return listenFor(port)
  for (;;) {
    const found = await listenFor(randomInt(12_000, 32_768)).catch(() => undefined)
    if (found !== undefined) return found
  }
}

/** Listens and lets go again. */
async function listenFor(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
  return port
}
