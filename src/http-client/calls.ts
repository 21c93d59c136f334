/** One row a call of the gateway: where it lives and what may be done when it fails. */
export interface Call {
  /** Below the API prefix (`/v3`). */
  readonly path: string
  /**
   * Whether it may be sent again, to another endpoint, after a failure that leaves open whether it was executed: reads and
   * keep-alives may. As clientv3's `repeatable` policy (`client/v3/retry.go`).
   */
  readonly repeatable: boolean
  /** The answer is a stream of JSON lines, also when it holds just one. */
  readonly stream?: true
  /** About the member that is asked, which can answer without a leader. */
  readonly local?: true
  /** It waits for others by nature: being late is no fault of etcd's. */
  readonly waits?: true
}

const again = (path: string, more: Partial<Call> = {}): Call => ({ path, repeatable: true, ...more })
const once = (path: string, more: Partial<Call> = {}): Call => ({ path, repeatable: false, ...more })

export const range: Call = again('kv/range')
export const put: Call = once('kv/put')
export const deleteRange: Call = once('kv/deleterange')
export const txn: Call = once('kv/txn')
export const compact: Call = once('kv/compaction')
export const watch: Call = again('watch', { stream: true })
export const leaseGrant: Call = once('lease/grant')
export const leaseRevoke: Call = again('lease/revoke')
export const leaseKeepAlive: Call = again('lease/keepalive', { stream: true })
export const leaseTimeToLive: Call = again('lease/timetolive')
export const leaseLeases: Call = again('lease/leases')
export const authenticate: Call = again('auth/authenticate', { local: true })
export const authEnable: Call = once('auth/enable')
export const authDisable: Call = once('auth/disable')
export const authStatus: Call = again('auth/status')
export const userAdd: Call = once('auth/user/add')
export const userGet: Call = again('auth/user/get')
export const userList: Call = again('auth/user/list')
export const userDelete: Call = once('auth/user/delete')
export const userChangePassword: Call = once('auth/user/changepw')
export const userGrantRole: Call = once('auth/user/grant')
export const userRevokeRole: Call = once('auth/user/revoke')
export const roleAdd: Call = once('auth/role/add')
export const roleGet: Call = again('auth/role/get')
export const roleList: Call = again('auth/role/list')
export const roleDelete: Call = once('auth/role/delete')
export const roleGrantPermission: Call = once('auth/role/grant')
export const roleRevokePermission: Call = once('auth/role/revoke')
export const memberList: Call = again('cluster/member/list', { local: true })
export const memberAdd: Call = once('cluster/member/add')
export const memberRemove: Call = once('cluster/member/remove')
export const memberUpdate: Call = once('cluster/member/update')
export const memberPromote: Call = once('cluster/member/promote')
export const status: Call = again('maintenance/status', { local: true })
export const alarm: Call = once('maintenance/alarm')
export const defragment: Call = once('maintenance/defragment', { local: true })
export const hash: Call = again('maintenance/hash', { local: true })
export const hashKv: Call = again('maintenance/hashkv', { local: true })
export const snapshot: Call = again('maintenance/snapshot', { stream: true, local: true })
export const moveLeader: Call = once('maintenance/transfer-leadership')
export const downgrade: Call = once('maintenance/downgrade')
export const lock: Call = once('lock/lock', { waits: true })
export const unlock: Call = once('lock/unlock')
export const campaign: Call = once('election/campaign', { waits: true })
export const proclaim: Call = once('election/proclaim')
export const leader: Call = again('election/leader')
export const observe: Call = again('election/observe', { stream: true, waits: true })
export const resign: Call = once('election/resign')
