import { type InstanceConflictError, InvalidInstanceError } from '../errors.ts'
import type { KeyValue, LeaseId } from '../http-client/index.ts'
import type { InstanceFormat, ServiceInstance } from '../instance/index.ts'
import { conflict, type OnConflict } from './claim-key.ts'
import type { InstanceName } from './registration.ts'
import { sameBytes } from './same-bytes.ts'

/** One instance of a session: what etcd is to hold for it, and what it is known to hold. */
export interface Member {
  name: string
  instance: ServiceInstance
  /** What its key is to hold; undefined: it is not to be there. */
  value: Uint8Array | undefined
  /** Where it is stored under the lease of the session; empty while there has been none. */
  key: string
  /** `due`: to be written or removed. `settled`: etcd has it as it is to be. `taken`: another lease holds its key. */
  state: 'due' | 'settled' | 'taken'
  /** The instance that etcd has under the session's lease, which may be an older one than `instance`. */
  stored: ServiceInstance | undefined
  /** The key's modRevision, as last seen; 0 when it was not there. */
  revision: number
  /**
   * Of whom the key may be had: of anybody (`takeover`), of nobody (`fail`), or, once it has been ours, of whoever does not
   * beat for it (`back`).
   */
  claim: OnConflict | 'back'
  /** It has never been there: when etcd refuses it, it is no longer wanted. */
  isNew: boolean
  /** Whose the key is, while it is taken. */
  error: InstanceConflictError | undefined
}

export function createMember(format: InstanceFormat, instance: ServiceInstance, claim: OnConflict): Member {
  return {
    name: nameOf(instance),
    instance,
    value: recordOf(format, instance),
    key: '',
    state: 'due',
    stored: undefined,
    revision: 0,
    claim,
    isNew: true,
    error: undefined,
  }
}

/** No service and no id has a NUL in it. */
export const nameOf = ({ service, id }: InstanceName): string => `${service}\0${id}`

/**
 * The instance is another one from now on.
 * @throws InvalidInstanceError for what the format cannot carry. Draining is no such thing: the key is taken away then.
 */
export function change(member: Member, format: InstanceFormat, instance: ServiceInstance): void {
  const value = recordOf(format, instance)
  const same = sameValue(value, member.value)
  member.instance = instance
  if (same) return
  member.value = value
  if (member.state === 'settled') member.state = 'due'
}

/** What its key is to hold is to be elsewhere; where it is now is not ours. */
export function move(member: Member, format: InstanceFormat, instance: ServiceInstance, key: string): void {
  if (key === member.key) return
  member.name = nameOf(instance)
  member.instance = instance
  member.key = key
  member.revision = 0
  member.error = undefined
  if (member.value === undefined) return
  member.value = format.encode(instance)
  member.state = 'due'
}

/** Its key is not to be there any more. */
export function leave(member: Member): void {
  member.value = undefined
  if (member.state === 'settled') member.state = 'due'
}

function recordOf(format: InstanceFormat, instance: ServiceInstance): Uint8Array | undefined {
  try {
    return format.encode(instance)
  } catch (error) {
    const cannotSay = error instanceof InvalidInstanceError && error.field === 'status'
    if (cannotSay && instance.status === 'draining') return undefined
    throw error
  }
}

function sameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && sameBytes(a, b))
}

/** Draws the conclusion of what the key holds. */
export function note(member: Member, leaseId: LeaseId | undefined, kv: KeyValue | undefined): void {
  const ours = kv !== undefined && kv.leaseId === leaseId
  member.revision = kv?.modRevision ?? 0
  member.error = undefined
  if (!ours) member.stored = undefined
  if (member.value === undefined) {
    member.state = ours ? 'due' : 'settled'
  } else if (ours) {
    member.state = 'due'
    if (sameBytes(kv.valueBytes, member.value)) written(member, member, kv.modRevision)
  } else if (kv === undefined || !isHeld(member, kv.leaseId)) {
    member.state = 'due'
  } else {
    member.state = 'taken'
    member.error = conflict(member.key, kv.leaseId)
  }
}

const isHeld = ({ claim }: Member, leaseId: LeaseId): boolean => {
  if (claim === 'takeover') return false
  // Once it was ours: what is under no lease is a leftover, or was put by hand, and nobody beats for it.
  return claim === 'fail' || leaseId !== '0'
}

/** What was to be written at some moment. */
export type Wish = Pick<Member, 'instance' | 'value'>

/** etcd has carried out a wish, which may not be the last one. */
export function written(member: Member, { instance, value }: Wish, revision: number): void {
  member.state = member.value === value ? 'settled' : 'due'
  member.stored = value === undefined ? undefined : instance
  member.revision = revision
  member.error = undefined
  member.claim = 'back'
  member.isNew = false
}

/** The lease is gone, and what was under it. */
export function forget(member: Member): void {
  member.stored = undefined
  if (member.state === 'taken') return
  member.revision = 0
  member.state = member.value === undefined ? 'settled' : 'due'
}
