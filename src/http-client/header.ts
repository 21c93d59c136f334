import { readId, readInt64 } from './int64.ts'
import type { WireHeader } from './wire.ts'

/** What every answer of etcd carries. */
export interface ResponseHeader {
  /** The store's revision when the answer was made, whatever revision was read. */
  readonly revision: number
  /** Opaque decimal string. It survives a restore from backup when the cluster's token does. */
  readonly clusterId: string
}

export function readHeader(header: WireHeader | undefined): ResponseHeader {
  return { revision: readInt64(header?.revision, 'header.revision'), clusterId: readId(header?.cluster_id) }
}
