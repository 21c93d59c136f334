import * as calls from './calls.ts'
import { checkId, type MemberId } from './cluster.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway } from './gateway.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import { readId, readInt64, writeInt64 } from './int64.ts'
import { openSnapshot, type SnapshotOptions } from './snapshot.ts'
import { fetchStatus, type MemberStatus } from './status.ts'
import type { WireAlarmResponse, WireDowngradeResponse, WireHashResponse, WireHeaderResponse } from './wire-admin.ts'

export type AlarmType = 'NONE' | 'NOSPACE' | 'CORRUPT'

export interface Alarm {
  readonly memberId: MemberId
  readonly alarm: AlarmType
}

export interface Hash extends ResponseHeader {
  /** 32 bits. */
  readonly hash: number
}

/** Looking after a member. Each call is about the member that is asked: give a client with one endpoint. */
export interface Maintenance {
  status(options?: CallOptions): Promise<MemberStatus>
  /** The alarms that are raised. It goes through raft, also for reading. */
  alarmList(options?: CallOptions): Promise<readonly Alarm[]>
  /** Clears an alarm; `memberId: '0'` means that of every member. */
  alarmDisarm(alarm: Alarm, options?: CallOptions): Promise<readonly Alarm[]>
  /** Gives free pages back to the disk. The member serves nothing meanwhile: raise `timeoutMs`. */
  defragment(options?: CallOptions): Promise<void>
  /** Of the whole backend, with what is not replicated. */
  hash(options?: CallOptions): Promise<Hash>
  /** Of the keys up to a revision, the same on all members; etcd 3.5.10 and later. @default the current revision */
  hashKv(options?: CallOptions & { readonly revision?: number }): Promise<Hash & { readonly compactRevision: number }>
  /** The member's whole store as `etcdutl snapshot restore` takes it, with the trailing checksum. */
  snapshot(options?: SnapshotOptions): ReadableStream<Uint8Array>
  /** Only the leader does it. @throws RpcError with `grpcCode` 9 elsewhere. */
  moveLeader(targetId: MemberId, options?: CallOptions): Promise<void>
  /** etcd 3.5 and later. */
  downgrade(
    action: 'validate' | 'enable' | 'cancel',
    version?: string,
    options?: CallOptions,
  ): Promise<ResponseHeader & { readonly version: string }>
}

const actions = { validate: 'VALIDATE', enable: 'ENABLE', cancel: 'CANCEL' } as const

export function createMaintenance(gateway: Gateway, timeouts: { readonly timeoutMs: number }): Maintenance {
  const alarms = async (body: object, options?: CallOptions) => {
    const answer = await gateway.call<WireAlarmResponse>(calls.alarm, body, options)
    return (answer.alarms ?? []).map(({ memberID, alarm }) => ({
      memberId: readId(memberID),
      alarm: (alarm ?? 'NONE') as AlarmType,
    }))
  }
  return {
    status: (options) => fetchStatus(gateway, options),
    alarmList: (options) => alarms({ action: 'GET' }, options),
    alarmDisarm: async ({ memberId, alarm }, options) =>
      alarms({ action: 'DEACTIVATE', memberID: checkId(memberId), alarm }, options),
    async defragment(options) {
      await gateway.call<WireHeaderResponse>(calls.defragment, {}, options)
    },
    async hash(options) {
      const answer = await gateway.call<WireHashResponse>(calls.hash, {}, options)
      return { hash: answer.hash ?? 0, ...readHeader(answer.header) }
    },
    async hashKv(options = {}) {
      const body = options.revision === undefined ? {} : { revision: writeInt64(options.revision, 'revision') }
      const answer = await gateway.call<WireHashResponse>(calls.hashKv, body, options)
      const compactRevision = readInt64(answer.compact_revision, 'compact_revision')
      return { hash: answer.hash ?? 0, compactRevision, ...readHeader(answer.header) }
    },
    snapshot: (options) => openSnapshot(gateway, timeouts, options),
    async moveLeader(targetId, options) {
      await gateway.call<WireHeaderResponse>(calls.moveLeader, { targetID: checkId(targetId, 'targetId') }, options)
    },
    async downgrade(action, version = '', options) {
      if (actions[action] === undefined) throw new TypeError(`action must be one of ${Object.keys(actions).join(', ')}`)
      const body = { action: actions[action], ...(version === '' ? {} : { version }) }
      const answer = await gateway.call<WireDowngradeResponse>(calls.downgrade, body, options)
      return { version: answer.version ?? '', ...readHeader(answer.header) }
    },
  }
}
