/**
 * An error as etcd's gRPC services give it: a gRPC code and a text. The gateway's dialect decides how it looks in JSON.
 */
export class RpcError extends Error {
  override readonly name: string = 'RpcError'
  /** The gRPC status code, `google.golang.org/grpc/codes`. */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** etcd's own errors, code and text, by their names in `api/v3rpc/rpctypes/error.go`. */
const etcdErrors = {
  EmptyKey: [3, 'etcdserver: key is not provided'],
  KeyNotFound: [3, 'etcdserver: key not found'],
  ValueProvided: [3, 'etcdserver: value is provided'],
  LeaseProvided: [3, 'etcdserver: lease is provided'],
  TooManyOps: [3, 'etcdserver: too many operations in txn request'],
  DuplicateKey: [3, 'etcdserver: duplicate key given in txn request'],
  InvalidSortOption: [3, 'etcdserver: invalid sort option'],
  RequestTooLarge: [3, 'etcdserver: request is too large'],
  Compacted: [11, 'etcdserver: mvcc: required revision has been compacted'],
  FutureRev: [11, 'etcdserver: mvcc: required revision is a future revision'],
  LeaseNotFound: [5, 'etcdserver: requested lease not found'],
  LeaseExist: [9, 'etcdserver: lease already exists'],
  LeaseTTLTooLarge: [11, 'etcdserver: too large lease TTL'],
  AuthNotEnabled: [9, 'etcdserver: authentication is not enabled'],
  RootUserNotExist: [9, 'etcdserver: root user does not exist'],
  RootRoleNotExist: [9, 'etcdserver: root user does not have root role'],
  UserAlreadyExist: [9, 'etcdserver: user name already exists'],
  UserEmpty: [3, 'etcdserver: user name is empty'],
  UserNotFound: [9, 'etcdserver: user name not found'],
  RoleAlreadyExist: [9, 'etcdserver: role name already exists'],
  RoleEmpty: [3, 'etcdserver: role name is empty'],
  RoleNotFound: [9, 'etcdserver: role name not found'],
  RoleNotGranted: [9, 'etcdserver: role is not granted to the user'],
  PermissionNotGiven: [3, 'etcdserver: permission not given'],
  PermissionNotGranted: [9, 'etcdserver: permission is not granted to the role'],
  AuthFailed: [3, 'etcdserver: authentication failed, invalid user ID or password'],
  AuthOldRevision: [3, 'etcdserver: revision of auth store is old'],
  InvalidAuthToken: [16, 'etcdserver: invalid auth token'],
  InvalidAuthMgmt: [3, 'etcdserver: invalid auth management'],
  PermissionDenied: [7, 'etcdserver: permission denied'],
} as const

export type EtcdErrorName = keyof typeof etcdErrors

export function etcdError(name: EtcdErrorName): RpcError {
  const [code, message] = etcdErrors[name]
  return new RpcError(code, message)
}
