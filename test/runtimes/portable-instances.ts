import { createEtcdClient } from '../../src/index.ts'
import { freePort } from '../support/free-port.ts'
import {
  type Behaviour,
  busyFor,
  echo,
  type InstanceServer,
  silent,
  startInstanceServer,
} from '../support/instance-server.ts'

/** What the service fetch cases call: real servers, registered at etcd. */
export interface PortableInstances extends AsyncDisposable {
  readonly echo: InstanceServer
  readonly silent: InstanceServer
}

export async function startPortableInstances(etcdUrl: string): Promise<PortableInstances> {
  const servers = { echo: await startInstanceServer(byPath()), silent: await startInstanceServer(silent) }
  const etcd = createEtcdClient({ endpoints: [etcdUrl] })
  const register = (key: string, address: string) => etcd.kv.put(`/services/${key}`, JSON.stringify({ address }))
  await register('echo/0', servers.echo.address)
  await register('pair/0', `127.0.0.1:${await freePort()}`)
  await register('pair/1', servers.echo.address)
  await register('halting/0', servers.silent.address)
  await register('halting/1', servers.echo.address)
  return {
    ...servers,
    async [Symbol.asyncDispose]() {
      await Promise.all([servers.echo.kill(), servers.silent.kill()])
    },
  }
}

/** `/busy-once…` is refused the first time, `/redirect?to=…` leads there, all else is said again. */
function byPath(): Behaviour {
  const seen = new Set<string>()
  return (request, response, body) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    if (pathname.startsWith('/busy-once') && !seen.has(pathname)) {
      seen.add(pathname)
      return busyFor('1')(request, response, body)
    }
    const location = searchParams.get('to')
    if (location === null) return echo(request, response, body)
    response.writeHead(303, { location }).end()
  }
}
