import type { KeySpan } from './key-span.ts'
import { etcdError } from './rpc-error.ts'
import { mergedSpans } from './span-union.ts'
import { TokenBook, type TokenKind } from './token-book.ts'

export type Access = 'read' | 'write'

/** A grant, as `role/get` gives it back: 0 is READ, 1 is WRITE, 2 is READWRITE. */
export interface Grant {
  readonly permType: number
  readonly key: string
  readonly range_end: string
}

interface User {
  password: string
  readonly roles: Set<string>
}

/** Who makes a call; an empty name is somebody without a token. */
export interface Caller {
  readonly name: string
  /** The revision of the users and roles that its token is for. */
  readonly revision: number
}

const root = 'root'

/** Users, roles and tokens, and what they permit (etcd: `server/auth/store.go`). Off until it is enabled. */
export class AuthBook {
  readonly tokens: TokenBook
  readonly #users = new Map<string, User>()
  readonly #roles = new Map<string, Grant[]>()
  #isEnabled = false
  #revision = 1

  constructor(now: () => number, kind: TokenKind, ttlSeconds: number) {
    this.tokens = new TokenBook(now, kind, ttlSeconds)
  }

  get isEnabled(): boolean {
    return this.#isEnabled
  }

  get revision(): number {
    return this.#revision
  }

  enable(): void {
    if (this.#isEnabled) return
    const user = this.#users.get(root)
    if (user === undefined) throw etcdError('RootUserNotExist')
    if (!user.roles.has(root)) throw etcdError('RootRoleNotExist')
    this.#isEnabled = true
  }

  disable(): void {
    if (!this.#isEnabled) return
    this.#isEnabled = false
    this.tokens.forgetAll()
    this.#revision++
  }

  /** A token for the user. */
  authenticate(name: string, password: string): string {
    if (!this.#isEnabled) throw etcdError('AuthNotEnabled')
    if (this.#users.get(name)?.password !== password) throw etcdError('AuthFailed')
    return this.tokens.issue(name, this.#revision)
  }

  /** @throws RpcError `InvalidAuthToken`. */
  caller(token: string | undefined): Caller {
    if (!this.#isEnabled || token === undefined) return { name: '', revision: 0 }
    return this.tokens.caller(token, this.#revision)
  }

  addUser(name: string, password: string): void {
    if (name === '') throw etcdError('UserEmpty')
    if (this.#users.has(name)) throw etcdError('UserAlreadyExist')
    this.#users.set(name, { password, roles: new Set() })
    this.#revision++
  }

  deleteUser(name: string): void {
    if (this.#isEnabled && name === root) throw etcdError('InvalidAuthMgmt')
    this.#user(name)
    this.#users.delete(name)
    this.#changed(name)
  }

  changePassword(name: string, password: string): void {
    this.#user(name).password = password
    this.#changed(name)
  }

  users(): string[] {
    return [...this.#users.keys()].sort()
  }

  rolesOf(name: string): string[] {
    return [...this.#user(name).roles].sort()
  }

  grantRole(name: string, role: string): void {
    const user = this.#user(name)
    if (role !== root) this.grants(role)
    if (user.roles.has(role)) return
    user.roles.add(role)
    this.#revision++
  }

  revokeRole(name: string, role: string): void {
    if (this.#isEnabled && name === root && role === root) throw etcdError('InvalidAuthMgmt')
    if (!this.#user(name).roles.delete(role)) throw etcdError('RoleNotGranted')
    this.#revision++
  }

  addRole(role: string): void {
    if (role === '') throw etcdError('RoleEmpty')
    if (this.#roles.has(role)) throw etcdError('RoleAlreadyExist')
    this.#roles.set(role, [])
    this.#revision++
  }

  deleteRole(role: string): void {
    if (this.#isEnabled && role === root) throw etcdError('InvalidAuthMgmt')
    this.grants(role)
    this.#roles.delete(role)
    for (const { roles } of this.#users.values()) roles.delete(role)
    this.#revision++
  }

  roles(): string[] {
    return [...this.#roles.keys()].sort()
  }

  grants(role: string): readonly Grant[] {
    const grants = this.#roles.get(role)
    if (grants === undefined) throw etcdError('RoleNotFound')
    return grants
  }

  grantPermission(role: string, grant: Grant): void {
    const others = this.grants(role).filter((each) => !isSame(each, grant))
    this.#roles.set(
      role,
      [...others, grant].sort((a, b) => (a.key < b.key ? -1 : 1)),
    )
    this.#revision++
  }

  revokePermission(role: string, grant: Pick<Grant, 'key' | 'range_end'>): void {
    const grants = this.grants(role)
    const others = grants.filter((each) => !isSame(each, grant))
    if (others.length === grants.length) throw etcdError('PermissionNotGranted')
    this.#roles.set(role, others)
    this.#revision++
  }

  hasRole({ name }: Caller, role: string): boolean {
    return this.#users.get(name)?.roles.has(role) ?? false
  }

  /** @throws RpcError `UserEmpty`, `AuthOldRevision` or `PermissionDenied`, unless the caller may access all of the span. */
  permit(caller: Caller, access: Access, span: KeySpan): void {
    if (!this.#isEnabled) return
    this.permitUser(caller)
    if (caller.revision < this.#revision) throw etcdError('AuthOldRevision')
    const user = this.#users.get(caller.name)
    if (user?.roles.has(root)) return
    const grants = [...(user?.roles ?? [])].flatMap((role) => this.#roles.get(role) ?? [])
    const fitting = grants.filter(({ permType }) => permType === 2 || permType === (access === 'read' ? 0 : 1))
    const isInside = (whole: KeySpan) =>
      whole.from <= span.from && (whole.to === undefined || (span.to !== undefined && span.to <= whole.to))
    if (!mergedSpans(fitting).some(isInside)) throw etcdError('PermissionDenied')
  }

  /** Any user will do. @throws RpcError `UserEmpty`. */
  permitUser({ name }: Caller): void {
    if (this.#isEnabled && name === '') throw etcdError('UserEmpty')
  }

  /** @throws RpcError `UserEmpty` or `PermissionDenied`, unless the caller has the role `root`. */
  permitAdmin(caller: Caller): void {
    if (!this.#isEnabled) return
    this.permitUser(caller)
    if (!this.hasRole(caller, root)) throw etcdError('PermissionDenied')
  }

  #user(name: string): User {
    const user = this.#users.get(name)
    if (user === undefined) throw etcdError('UserNotFound')
    return user
  }

  #changed(name: string): void {
    this.tokens.forget(name)
    this.#revision++
  }
}

function isSame(a: Pick<Grant, 'key' | 'range_end'>, b: Pick<Grant, 'key' | 'range_end'>): boolean {
  return a.key === b.key && a.range_end === b.range_end
}
