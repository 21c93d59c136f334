import type {
  WireAuthenticateResponse,
  WireAuthStatusResponse,
  WireHeaderResponse,
  WireRoleGetResponse,
  WireRolesResponse,
  WireUserListResponse,
} from '../http-client/wire-admin.ts'
import type { AuthBook, Caller, Grant } from './auth-book.ts'
import type {
  AuthenticateRequest,
  GrantPermissionRequest,
  NameRequest,
  RevokePermissionRequest,
  RoleRequest,
  UserGrantRequest,
  UserRevokeRequest,
} from './auth-request.ts'
import { type EtcdServer, header } from './etcd-server.ts'
import { etcdError } from './rpc-error.ts'

type Service<Request> = (server: EtcdServer, request: Request, caller: Caller) => object

/** A service of the root role that answers with nothing but a header. */
function managing<Request>(work: (auth: AuthBook, request: Request) => void): Service<Request> {
  return (server, request, caller): WireHeaderResponse => {
    server.auth.permitAdmin(caller)
    work(server.auth, request)
    return { header: header(server) }
  }
}

export function authenticate(server: EtcdServer, { name, password }: AuthenticateRequest): WireAuthenticateResponse {
  const token = server.auth.authenticate(name, password)
  return { header: header(server), token }
}

export function authStatus(server: EtcdServer, _request: object, caller: Caller): WireAuthStatusResponse {
  server.auth.permitAdmin(caller)
  const { isEnabled: enabled, revision } = server.auth
  return { header: header(server), enabled, authRevision: String(revision) }
}

export const authEnable: Service<object> = managing((auth) => auth.enable())
export const authDisable: Service<object> = managing((auth) => auth.disable())
export const userAdd: Service<AuthenticateRequest> = managing((auth, { name, password }) =>
  auth.addUser(name, password),
)
export const userDelete: Service<NameRequest> = managing((auth, { name }) => auth.deleteUser(name))
export const userChangePassword: Service<AuthenticateRequest> = managing((auth, { name, password }) =>
  auth.changePassword(name, password),
)
export const userGrantRole: Service<UserGrantRequest> = managing((auth, { user, role }) => auth.grantRole(user, role))
export const userRevokeRole: Service<UserRevokeRequest> = managing((auth, { name, role }) =>
  auth.revokeRole(name, role),
)
export const roleAdd: Service<NameRequest> = managing((auth, { name }) => auth.addRole(name))
export const roleDelete: Service<RoleRequest> = managing((auth, { role }) => auth.deleteRole(role))
export const roleGrantPermission: Service<GrantPermissionRequest> = managing((auth, { name, perm }) => {
  if (perm === null) throw etcdError('PermissionNotGiven')
  auth.grantPermission(name, perm)
})
export const roleRevokePermission: Service<RevokePermissionRequest> = managing((auth, { role, key, range_end }) =>
  auth.revokePermission(role, { key, range_end }),
)

export function userList(server: EtcdServer, _request: object, caller: Caller): WireUserListResponse {
  server.auth.permitAdmin(caller)
  return { header: header(server), users: server.auth.users() }
}

/** One's own roles everybody may see. */
export function userGet(server: EtcdServer, { name }: NameRequest, caller: Caller): WireRolesResponse {
  if (caller.name !== name) server.auth.permitAdmin(caller)
  return { header: header(server), roles: server.auth.rolesOf(name) }
}

export function roleList(server: EtcdServer, _request: object, caller: Caller): WireRolesResponse {
  server.auth.permitAdmin(caller)
  return { header: header(server), roles: server.auth.roles() }
}

/** The roles that one has everybody may see. */
export function roleGet(server: EtcdServer, { role }: RoleRequest, caller: Caller): WireRoleGetResponse {
  if (!server.auth.hasRole(caller, role)) server.auth.permitAdmin(caller)
  return { header: header(server), perm: server.auth.grants(role).map(wirePermission) }
}

const permissionTypes = [undefined, 'WRITE', 'READWRITE'] as const

function wirePermission({ permType, key, range_end }: Grant): NonNullable<WireRoleGetResponse['perm']>[number] {
  const name = permissionTypes[permType]
  return { ...(name === undefined ? {} : { permType: name }), key: btoa(key), range_end: btoa(range_end) }
}
