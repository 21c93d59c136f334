/** The JSON of etcd's administrative calls, on the same terms as `wire.ts`. Field names are those of the proto, mixed as they are. */

import type { WireBytes, WireHeader, WireInt64, WireKeyValue } from './wire.ts'

export interface WireStatusResponse {
  header?: WireHeader
  version?: string
  dbSize?: WireInt64
  leader?: WireInt64
  raftIndex?: WireInt64
  raftTerm?: WireInt64
  raftAppliedIndex?: WireInt64
  errors?: string[]
  dbSizeInUse?: WireInt64
  isLearner?: boolean
}

export interface WireAuthenticateResponse {
  header?: WireHeader
  token?: string
}

export interface WireHeaderResponse {
  header?: WireHeader
}

export interface WireAuthStatusResponse {
  header?: WireHeader
  enabled?: boolean
  authRevision?: WireInt64
}

export interface WireUserListResponse {
  header?: WireHeader
  users?: string[]
}

export interface WireRolesResponse {
  header?: WireHeader
  roles?: string[]
}

export interface WirePermission {
  permType?: 'READ' | 'WRITE' | 'READWRITE'
  key?: WireBytes
  range_end?: WireBytes
}

export interface WireRoleGetResponse {
  header?: WireHeader
  perm?: WirePermission[]
}

export interface WireMember {
  ID?: WireInt64
  name?: string
  peerURLs?: string[]
  clientURLs?: string[]
  isLearner?: boolean
}

export interface WireMembersResponse {
  header?: WireHeader
  member?: WireMember
  members?: WireMember[]
}

export interface WireAlarmResponse {
  header?: WireHeader
  alarms?: { memberID?: WireInt64; alarm?: string }[]
}

export interface WireHashResponse {
  header?: WireHeader
  hash?: number
  compact_revision?: WireInt64
}

export interface WireSnapshotResponse {
  header?: WireHeader
  remaining_bytes?: WireInt64
  blob?: WireBytes
}

export interface WireDowngradeResponse {
  header?: WireHeader
  version?: string
}

export interface WireLockResponse {
  header?: WireHeader
  key?: WireBytes
}

export interface WireLeaderKey {
  name?: WireBytes
  key?: WireBytes
  rev?: WireInt64
  lease?: WireInt64
}

export interface WireCampaignResponse {
  header?: WireHeader
  leader?: WireLeaderKey
}

export interface WireLeaderResponse {
  header?: WireHeader
  kv?: WireKeyValue
}
