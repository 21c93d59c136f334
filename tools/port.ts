import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { StartError } from './start-error.ts'

/** A port on loopback that was free a moment ago. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** @throws StartError when something else listens there, or this user may not. */
export async function checkPort(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`
    throw new StartError(`port ${port} ${reason}; choose another with --port, or --port 0 for a free one`, {
      cause: error,
    })
  }
  await new Promise((resolve) => server.close(resolve))
}
