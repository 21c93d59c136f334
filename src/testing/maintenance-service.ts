import type { WireStatusResponse } from '../http-client/wire-admin.ts'
import { type EtcdServer, header, raftTerm } from './etcd-server.ts'

/** Sizes of an etcd that holds next to nothing. */
const dbSize = '28672'
const dbSizeInUse = '16384'

/** The one member leads; every revision took one raft entry. */
export function status(server: EtcdServer): WireStatusResponse {
  const raftIndex = String(server.store.revision + 3)
  return {
    header: header(server),
    version: server.dialect.etcdVersion,
    dbSize,
    leader: server.memberId,
    raftIndex,
    raftTerm,
    raftAppliedIndex: raftIndex,
    dbSizeInUse,
    ...server.dialect.status,
  }
}
