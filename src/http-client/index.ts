export type { Auth, Permission, PermissionTarget, PermissionType } from './auth.ts'
export { createEtcdClient, type EtcdClient } from './client.ts'
export type { Cluster, Member, MemberId, MemberListOptions } from './cluster.ts'
export { type Compare, type CompareSign, compare } from './compare.ts'
export type { CallOptions } from './deadline.ts'
export type { Election, LeaderKey, ObserveOptions } from './election.ts'
export type { EndpointOption } from './endpoints.ts'
export type { FetchInit, FetchLike } from './fetch-like.ts'
export type { ResponseHeader } from './header.ts'
export { type Bytes, type KeyRange, prefixEnd } from './key-range.ts'
export type { KeyValue } from './key-value.ts'
export type { Kv } from './kv.ts'
export type { GrantedLease, GrantOptions, Lease, LeaseTimeToLive } from './lease.ts'
export { type LeaseId, leaseIdFromHex, leaseIdToHex, randomLeaseId } from './lease-id.ts'
export type { HeldLock, Lock } from './lock.ts'
export type { AuthOptions } from './login.ts'
export type { Alarm, AlarmType, Hash, Maintenance } from './maintenance.ts'
export type { EtcdObserver, EtcdRequestEvent, EtcdResponseEvent, EtcdRetryEvent } from './observer.ts'
export type {
  DeleteOptions,
  DeleteResult,
  ListOptions,
  ListResult,
  PutOptions,
  PutResult,
  ReadOptions,
} from './operation.ts'
export type { EtcdClientOptions } from './options.ts'
export type { SnapshotOptions } from './snapshot.ts'
export type { MemberStatus } from './status.ts'
export { type Op, op, type Txn, type TxnResult } from './txn.ts'
export type { Watch, WatchItems, WatchOptions } from './watch.ts'
export type { WatchEvent, WatchItem, WatchResetReason } from './watch-cursor.ts'
export type { WatchState } from './watch-loop.ts'
export type { WatchTarget } from './watch-request.ts'
