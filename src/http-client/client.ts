import { noKeyError } from '../errors.ts'
import { type Auth, createAuth } from './auth.ts'
import { type Cluster, createCluster } from './cluster.ts'
import type { CallOptions } from './deadline.ts'
import { createElection, type Election } from './election.ts'
import { createGateway, type Gateway } from './gateway.ts'
import type { Bytes } from './key-range.ts'
import { createKv, type Kv } from './kv.ts'
import { createLease, type Lease } from './lease.ts'
import { createLock, type Lock } from './lock.ts'
import { createMaintenance, type Maintenance } from './maintenance.ts'
import { createKeyMapping, namespaceGateway } from './namespace.ts'
import { type ClientConfig, type EtcdClientOptions, readClientOptions } from './options.ts'
import { fetchStatus, type MemberStatus } from './status.ts'
import { createWatch, type Watch } from './watch.ts'

/** etcd, through its JSON gateway. It holds no connection, timer or stream of its own, so there is nothing to close. */
export interface EtcdClient {
  readonly kv: Kv
  readonly lease: Lease
  readonly watch: Watch
  readonly auth: Auth
  readonly cluster: Cluster
  readonly maintenance: Maintenance
  readonly lock: Lock
  readonly election: Election
  /** How the member that is asked is doing. Wants a login on servers that demand one: not a health probe. */
  status(options?: CallOptions): Promise<MemberStatus>
  /**
   * A client whose keys all live under the prefix, which it neither gives nor takes: keys, ranges, comparisons, events,
   * names of locks and elections. It shares logins and endpoints with this one. As clientv3's `namespace`.
   * @throws TypeError with `code: 'NO_KEY'` for an empty prefix.
   */
  namespace(prefix: Bytes): EtcdClient
}

/**
 * A client for the given endpoints. Nothing is sent until the first call.
 *
 * @example
 * const etcd = createEtcdClient({ endpoints: ['http://127.0.0.1:2379'] })
 * await etcd.kv.put('/services/web/a', 'http://10.0.0.7:80')
 *
 * @throws TypeError or RangeError that names the wrong option.
 */
export function createEtcdClient(options: EtcdClientOptions): EtcdClient {
  const config = readClientOptions(options)
  return clientFor(createGateway(config), config, new Uint8Array())
}

function clientFor(root: Gateway, config: ClientConfig, prefix: Uint8Array): EtcdClient {
  const mapping = prefix.length === 0 ? undefined : createKeyMapping(prefix)
  const gateway = mapping === undefined ? root : namespaceGateway(root, mapping)
  return {
    kv: createKv(gateway),
    lease: createLease(gateway),
    watch: createWatch(gateway, config, mapping),
    auth: createAuth(gateway),
    cluster: createCluster(gateway),
    maintenance: createMaintenance(gateway, config),
    lock: createLock(gateway),
    election: createElection(gateway),
    status: (callOptions) => fetchStatus(gateway, callOptions),
    namespace(more) {
      const bytes = typeof more === 'string' ? new TextEncoder().encode(more) : more
      if (bytes.length === 0) throw noKeyError('namespace')
      const joined = new Uint8Array(prefix.length + bytes.length)
      joined.set(prefix)
      joined.set(bytes, prefix.length)
      return clientFor(root, config, joined)
    },
  }
}
