export interface Running {
  readonly url: string
  readonly endpoints: readonly string[]
  readonly engine: string
  readonly origin: string
  readonly token: string
  readonly service: string
  readonly revision: number
}

/** What a program wants to know, as one line. */
export function readyLine({ url, endpoints, engine, token }: Running): string {
  return JSON.stringify({ url, etcd: endpoints.join(','), engine, token, pid: process.pid })
}

/** What a person wants to know. */
export function summary({ url, endpoints, engine, origin, token }: Running): string {
  return `
Worker  ${url}
etcd    ${endpoints.join(', ')} (${engine}: ${origin})
token   ${token}
`
}

/** Lines that can be pasted into a shell. */
export function instructions({ url, token, service, revision }: Running): string {
  const instances = `${url}/api/v1/services/${service}/instances`
  return `Resolve the service "${service}":
  curl '${url}/api/v1/resolve/${service}'

Register another instance for a minute:
  curl -X PUT '${instances}/another' -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{"address":"127.0.0.1:9000","ttl":60}'

Watch the list change: the answer comes when it is no longer what it was at the start:
  curl '${instances}?since=${revision}&wait=60s'

Ctrl-C stops everything.
`
}
