import type { Grant } from './auth-book.ts'
import { bytes, enumeration, type Field, message, text } from './message-field.ts'

export interface NameRequest {
  readonly name: string
}

/** Also what `user/add` and `user/changepw` have. */
export interface AuthenticateRequest extends NameRequest {
  readonly password: string
}

export interface RoleRequest {
  readonly role: string
}

export interface UserGrantRequest extends RoleRequest {
  readonly user: string
}

export interface UserRevokeRequest extends RoleRequest {
  readonly name: string
}

export interface GrantPermissionRequest {
  readonly name: string
  readonly perm: Grant | null
}

export interface RevokePermissionRequest extends RoleRequest {
  readonly key: string
  readonly range_end: string
}

export const nameRequest: Field<NameRequest | null> = message<NameRequest>({ name: text })
export const authenticateRequest: Field<AuthenticateRequest | null> = message<AuthenticateRequest>({
  name: text,
  password: text,
})
export const roleRequest: Field<RoleRequest | null> = message<RoleRequest>({ role: text })
export const userGrantRequest: Field<UserGrantRequest | null> = message<UserGrantRequest>({ user: text, role: text })
export const userRevokeRequest: Field<UserRevokeRequest | null> = message<UserRevokeRequest>({ name: text, role: text })
export const grantPermissionRequest: Field<GrantPermissionRequest | null> = message<GrantPermissionRequest>({
  name: text,
  perm: message<Grant>({ permType: enumeration(['READ', 'WRITE', 'READWRITE']), key: bytes, range_end: bytes }),
})
export const revokePermissionRequest: Field<RevokePermissionRequest | null> = message<RevokePermissionRequest>({
  role: text,
  key: bytes,
  range_end: bytes,
})
