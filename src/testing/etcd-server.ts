import type { WireHeader } from '../http-client/wire.ts'
import type { AuthBook } from './auth-book.ts'
import type { Dialect } from './dialect.ts'
import type { FaultSwitches } from './fault-switches.ts'
import type { LeaseBook } from './lease-book.ts'
import type { MvccStore } from './mvcc-store.ts'

/** The state of the one member that a simulator is. */
export interface EtcdServer {
  readonly dialect: Dialect
  readonly store: MvccStore
  readonly leases: LeaseBook
  readonly auth: AuthBook
  readonly faults: FaultSwitches
  readonly clusterId: string
  readonly memberId: string
  /** The watch streams that are open. */
  readonly watchStreams: Set<{ readonly watcherCount: number }>
}

export const raftTerm = '2'

/** The header of an answer; `revision` 0 leaves the revision out. */
export function header(server: EtcdServer, revision: number = server.store.revision): WireHeader {
  return {
    cluster_id: server.clusterId,
    member_id: server.memberId,
    revision: String(revision),
    raft_term: raftTerm,
  }
}
