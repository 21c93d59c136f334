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

export type CallName =
  | 'range'
  | 'put'
  | 'deleteRange'
  | 'txn'
  | 'compact'
  | 'watch'
  | 'leaseGrant'
  | 'leaseRevoke'
  | 'leaseKeepAlive'
  | 'leaseTimeToLive'
  | 'leaseLeases'
  | 'authenticate'
  | 'authEnable'
  | 'authDisable'
  | 'authStatus'
  | 'userAdd'
  | 'userGet'
  | 'userList'
  | 'userDelete'
  | 'userChangePassword'
  | 'userGrantRole'
  | 'userRevokeRole'
  | 'roleAdd'
  | 'roleGet'
  | 'roleList'
  | 'roleDelete'
  | 'roleGrantPermission'
  | 'roleRevokePermission'
  | 'memberList'
  | 'memberAdd'
  | 'memberRemove'
  | 'memberUpdate'
  | 'memberPromote'
  | 'status'
  | 'alarm'
  | 'defragment'
  | 'hash'
  | 'hashKv'
  | 'snapshot'
  | 'moveLeader'
  | 'downgrade'
  | 'lock'
  | 'unlock'
  | 'campaign'
  | 'proclaim'
  | 'leader'
  | 'observe'
  | 'resign'

export const calls: Readonly<Record<CallName, Call>> = {
  range: again('kv/range'),
  put: once('kv/put'),
  deleteRange: once('kv/deleterange'),
  txn: once('kv/txn'),
  compact: once('kv/compaction'),
  watch: again('watch', { stream: true }),
  leaseGrant: once('lease/grant'),
  leaseRevoke: again('lease/revoke'),
  leaseKeepAlive: again('lease/keepalive', { stream: true }),
  leaseTimeToLive: again('lease/timetolive'),
  leaseLeases: again('lease/leases'),
  authenticate: again('auth/authenticate', { local: true }),
  authEnable: once('auth/enable'),
  authDisable: once('auth/disable'),
  authStatus: again('auth/status'),
  userAdd: once('auth/user/add'),
  userGet: again('auth/user/get'),
  userList: again('auth/user/list'),
  userDelete: once('auth/user/delete'),
  userChangePassword: once('auth/user/changepw'),
  userGrantRole: once('auth/user/grant'),
  userRevokeRole: once('auth/user/revoke'),
  roleAdd: once('auth/role/add'),
  roleGet: again('auth/role/get'),
  roleList: again('auth/role/list'),
  roleDelete: once('auth/role/delete'),
  roleGrantPermission: once('auth/role/grant'),
  roleRevokePermission: once('auth/role/revoke'),
  memberList: again('cluster/member/list', { local: true }),
  memberAdd: once('cluster/member/add'),
  memberRemove: once('cluster/member/remove'),
  memberUpdate: once('cluster/member/update'),
  memberPromote: once('cluster/member/promote'),
  status: again('maintenance/status', { local: true }),
  alarm: once('maintenance/alarm'),
  defragment: once('maintenance/defragment', { local: true }),
  hash: again('maintenance/hash', { local: true }),
  hashKv: again('maintenance/hashkv', { local: true }),
  snapshot: again('maintenance/snapshot', { stream: true, local: true }),
  moveLeader: once('maintenance/transfer-leadership'),
  downgrade: once('maintenance/downgrade'),
  lock: once('lock/lock', { waits: true }),
  unlock: once('lock/unlock'),
  campaign: once('election/campaign', { waits: true }),
  proclaim: once('election/proclaim'),
  leader: again('election/leader'),
  observe: again('election/observe', { stream: true, waits: true }),
  resign: once('election/resign'),
}
