import { createEtcdClient, type EtcdClient, type FetchLike } from 'etcd-edge/http-client'
import { type InstanceFormat, native } from 'etcd-edge/instance'
import type { ServiceSnapshot } from 'etcd-edge/resolver'
import type { CaseContext } from './client-case.ts'

/** The service `web` of one case, written past any registrar. */
export interface PortableService {
  readonly format: InstanceFormat
  put(id: string, value: string): Promise<unknown>
  remove(id: string): Promise<unknown>
}

export function portableService({ etcd, prefix }: CaseContext): PortableService {
  const keyOf = (id: string) => `${prefix}services/web/${id}`
  return {
    format: native({ prefix: `${prefix}services` }),
    put: (id, value) => etcd.kv.put(keyOf(id), value),
    remove: (id) => etcd.kv.delete(keyOf(id)),
  }
}

export const record = (port: number, more: object = {}): string =>
  JSON.stringify({ address: `10.0.0.1:${port}`, ...more })

export const idsOf = ({ instances }: ServiceSnapshot): string => instances.map(({ id }) => id).join()

/** A client whose line to etcd has a switch, and how often it was used. */
export function switchedClient(url: string): {
  readonly etcd: EtcdClient
  readonly line: { isDown: boolean; calls: number }
} {
  const line = { isDown: false, calls: 0 }
  const switched: FetchLike = (input, init) => {
    line.calls += 1
    return line.isDown ? Promise.reject(new TypeError('fetch failed')) : fetch(input, init)
  }
  return { etcd: createEtcdClient({ endpoints: [url], fetch: switched }), line }
}
