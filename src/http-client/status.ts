import * as calls from './calls.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway } from './gateway.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import { readId, readInt64 } from './int64.ts'
import type { WireStatusResponse } from './wire-admin.ts'

/** What the asked member says of itself. */
export interface MemberStatus extends ResponseHeader {
  /** etcd's version, such as "3.6.14". It does not tell which generation of the gateway answers. */
  readonly version: string
  readonly memberId: string
  /** The member that this one takes for the leader; `"0"` when it knows none. */
  readonly leaderId: string
  readonly isLearner: boolean
  readonly dbSizeBytes: number
  readonly raftTerm: number
  /** Alarms and other troubles, in etcd's words. */
  readonly errors: readonly string[]
}

export async function fetchStatus(gateway: Gateway, options?: CallOptions): Promise<MemberStatus> {
  const answer = await gateway.call<WireStatusResponse>(calls.status, {}, options)
  return {
    version: answer.version ?? '',
    memberId: readId(answer.header?.member_id),
    leaderId: readId(answer.leader),
    isLearner: answer.isLearner ?? false,
    dbSizeBytes: readInt64(answer.dbSize, 'dbSize'),
    raftTerm: readInt64(answer.raftTerm, 'raftTerm'),
    errors: answer.errors ?? [],
    ...readHeader(answer.header),
  }
}
