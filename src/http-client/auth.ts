import { decodeBase64Text, encodeBase64 } from './base64.ts'
import type { Call } from './calls.ts'
import * as calls from './calls.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway } from './gateway.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import { readInt64 } from './int64.ts'
import { type Bytes, type KeyRange, wireKey, wireRange } from './key-range.ts'
import type {
  WireAuthStatusResponse,
  WireHeaderResponse,
  WirePermission,
  WireRoleGetResponse,
  WireRolesResponse,
  WireUserListResponse,
} from './wire-admin.ts'

export type PermissionType = 'read' | 'write' | 'readwrite'

/** One key, or a range of keys. */
export type PermissionTarget = { readonly key: Bytes; readonly rangeEnd?: never } | KeyRange

export interface Permission {
  readonly type: PermissionType
  readonly key: string
  /** Absent: this key only. `"\0"`: every key from `key` on. */
  readonly rangeEnd?: string
}

/** Users, roles and permissions. All but `status` of etcd 3.7 want a login as root once authentication is on. */
export interface Auth {
  /** Wants a user `root` with the role `root`. Tokens issued before are void. */
  enable(options?: CallOptions): Promise<void>
  disable(options?: CallOptions): Promise<void>
  /** etcd 3.5 and later. It goes through raft as a proposal: not to be polled. */
  status(options?: CallOptions): Promise<ResponseHeader & { readonly enabled: boolean; readonly authRevision: number }>
  userAdd(name: string, password: string, options?: CallOptions): Promise<void>
  /** The roles of a user. */
  userGet(name: string, options?: CallOptions): Promise<readonly string[]>
  userList(options?: CallOptions): Promise<readonly string[]>
  userDelete(name: string, options?: CallOptions): Promise<void>
  userChangePassword(name: string, password: string, options?: CallOptions): Promise<void>
  userGrantRole(user: string, role: string, options?: CallOptions): Promise<void>
  userRevokeRole(user: string, role: string, options?: CallOptions): Promise<void>
  roleAdd(name: string, options?: CallOptions): Promise<void>
  roleGet(name: string, options?: CallOptions): Promise<readonly Permission[]>
  roleList(options?: CallOptions): Promise<readonly string[]>
  roleDelete(name: string, options?: CallOptions): Promise<void>
  roleGrantPermission(
    role: string,
    type: PermissionType,
    target: PermissionTarget,
    options?: CallOptions,
  ): Promise<void>
  roleRevokePermission(role: string, target: PermissionTarget, options?: CallOptions): Promise<void>
}

const types = { read: 'READ', write: 'WRITE', readwrite: 'READWRITE' } as const

export function createAuth(gateway: Gateway): Auth {
  const run = async (call: Call, body: object, options?: CallOptions): Promise<void> => {
    await gateway.call<WireHeaderResponse>(call, body, options)
  }
  return {
    enable: (options) => run(calls.authEnable, {}, options),
    disable: (options) => run(calls.authDisable, {}, options),
    async status(options) {
      const answer = await gateway.call<WireAuthStatusResponse>(calls.authStatus, {}, options)
      const authRevision = readInt64(answer.authRevision, 'authRevision')
      return { enabled: answer.enabled ?? false, authRevision, ...readHeader(answer.header) }
    },
    userAdd: async (name, password, options) =>
      run(calls.userAdd, { name: named(name, 'name'), password: named(password, 'password') }, options),
    async userGet(name, options) {
      const answer = await gateway.call<WireRolesResponse>(calls.userGet, { name: named(name, 'name') }, options)
      return answer.roles ?? []
    },
    async userList(options) {
      return (await gateway.call<WireUserListResponse>(calls.userList, {}, options)).users ?? []
    },
    userDelete: async (name, options) => run(calls.userDelete, { name: named(name, 'name') }, options),
    userChangePassword: async (name, password, options) =>
      run(calls.userChangePassword, { name: named(name, 'name'), password: named(password, 'password') }, options),
    userGrantRole: async (user, role, options) =>
      run(calls.userGrantRole, { user: named(user, 'user'), role: named(role, 'role') }, options),
    userRevokeRole: async (user, role, options) =>
      run(calls.userRevokeRole, { name: named(user, 'user'), role: named(role, 'role') }, options),
    roleAdd: async (name, options) => run(calls.roleAdd, { name: named(name, 'name') }, options),
    async roleGet(name, options) {
      const answer = await gateway.call<WireRoleGetResponse>(calls.roleGet, { role: named(name, 'name') }, options)
      return (answer.perm ?? []).map(readPermission)
    },
    async roleList(options) {
      return (await gateway.call<WireRolesResponse>(calls.roleList, {}, options)).roles ?? []
    },
    roleDelete: async (name, options) => run(calls.roleDelete, { role: named(name, 'name') }, options),
    async roleGrantPermission(role, type, target, options) {
      const permType = types[type]
      if (permType === undefined) throw new TypeError(`type must be one of ${Object.keys(types).join(', ')}`)
      const perm: WirePermission = { permType, ...wireTarget(target) }
      await run(calls.roleGrantPermission, { name: named(role, 'role'), perm }, options)
    },
    roleRevokePermission: async (role, target, options) =>
      run(calls.roleRevokePermission, { role: named(role, 'role'), ...wireTarget(target) }, options),
  }
}

function named(value: string, argument: string): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${argument} must be a text that is not empty`)
  return value
}

function wireTarget(target: PermissionTarget) {
  if ('key' in target && target.rangeEnd === undefined) return { key: wireKey(target.key) }
  const range = wireRange(target as KeyRange)
  // As a permission the empty prefix is the empty key; the zero key would leave it out (clientv3's RoleGrantPermission).
  return 'prefix' in target && target.prefix.length === 0 ? { ...range, key: encodeBase64('\0') } : range
}

function readPermission({ permType, key, range_end }: WirePermission): Permission {
  // READ is the zero value, which the gateway leaves out.
  const type = (permType ?? 'READ').toLowerCase() as PermissionType
  return {
    type,
    key: decodeBase64Text(key ?? ''),
    ...(range_end === undefined ? {} : { rangeEnd: decodeBase64Text(range_end) }),
  }
}
