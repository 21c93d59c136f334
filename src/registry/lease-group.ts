import { LeaseNotFoundError, RpcError } from '../errors.ts'
import { type CallOptions, type LeaseId, randomLeaseId } from '../http-client/index.ts'
import type { ServiceInstance } from '../instance/index.ts'
import type { OnConflict } from './claim-key.ts'
import { underLease } from './input-name.ts'
import { change, createMember, forget, leave, type Member, move, nameOf } from './member.ts'
import { lookAt, writeDue } from './member-txn.ts'
import type { Registrar } from './registrar.ts'
import type { InstanceName, Registration } from './registration.ts'

export interface LeaseGroupOptions {
  /** The lease to ask for. */
  readonly ttlSeconds: number
  readonly onConflict: OnConflict
  /** Whether the registrations say that they share their lease. */
  readonly shared: boolean
}

interface GroupLease {
  readonly id: LeaseId
  readonly ttlSeconds: number
  /** As in a Registration. */
  readonly renewedAt: number
  /** Whether etcd has said that it is there. If not, it may be: the answer to the grant was lost. */
  readonly confirmed: boolean
  /** Others keep keys under it. */
  readonly foreign: boolean
}

/** Instances that live under one lease: what etcd is to hold, what it holds, and the calls that make the two one. */
export interface LeaseGroup {
  members(): readonly Member[]
  /** The lease that is held, or was last; `"0"` before the first. */
  leaseId(): LeaseId
  /** Of the lease that is held, or was last: as granted. */
  ttlMs(): number
  /** Whether there is a lease that etcd has confirmed. */
  isHeld(): boolean
  /** Whether something is to be written that wants a lease, and there is none. */
  wantsLease(): boolean
  find(name: InstanceName): Member | undefined
  /** @throws InvalidInstanceError for what the format cannot carry. */
  add(instance: ServiceInstance): Member
  /**
   * The instance is another one from now on; when that makes its key another one, the old one goes as the new one comes.
   * @throws InvalidInstanceError for what the format cannot carry.
   */
  change(member: Member, instance: ServiceInstance): Member
  /** Its key is to go. */
  remove(member: Member): void
  /** It is no longer wanted, and its key is not ours. */
  drop(member: Member): void
  /** Goes on from what another process had registered. */
  adopt(registration: Registration): Member
  /** What etcd has for a member, as last confirmed. */
  registration(member: Member): Registration | undefined
  /** One keep-alive. @throws LeaseNotFoundError when the lease is gone. */
  renew(call: CallOptions): Promise<void>
  /** Asks etcd for the keys that are there or taken; what is not as it should be is due afterwards, or taken. */
  look(call: CallOptions): Promise<void>
  /** Writes what is due, under a new lease if there is none, and gives back a lease that holds nothing. */
  write(call: CallOptions): Promise<void>
  /** The lease is gone: everything under it is due. */
  lost(): void
  /** Gives the lease back, and all keys with it; only the keys, when the lease is not ours alone. Safe to repeat. */
  release(call: CallOptions): Promise<void>
}

/** Others that write our keys all the time would otherwise hold up an attempt for ever. */
const writesPerAttempt = 3

export function createLeaseGroup(registrar: Registrar, options: LeaseGroupOptions): LeaseGroup {
  const { etcd, format } = registrar
  const { ttlSeconds: askedTtlSeconds, onConflict, shared } = options
  const members = new Map<string, Member>()
  /** By key: those that are no longer wanted, until etcd has let go of them. */
  const leaving = new Map<string, Member>()
  let lease: GroupLease | undefined
  let last: GroupLease | undefined

  /** Takes a lease under which nothing has been put yet. */
  const hold = (next: GroupLease) => {
    const from = last?.id ?? '0'
    lease = last = next
    const held = [...members.values()]
    members.clear()
    for (const member of held) {
      const instance = underLease(member.instance, format, from, next.id)
      move(member, format, instance, keyOf(instance))
      members.set(member.name, member)
    }
  }
  const keyOf = (instance: ServiceInstance) => format.key(instance, lease?.id ?? '0')
  const all = () => [...members.values(), ...leaving.values()]
  const due = () => all().filter(({ state }) => state === 'due')
  const wantsLease = () => !lease?.confirmed && due().some(({ value }) => value !== undefined)

  const grant = async (call: CallOptions): Promise<void> => {
    // Asked for again under the same id while it is not known whether it was granted, none can be left behind.
    const id = lease?.id ?? randomLeaseId()
    const asked = { id, ttlSeconds: askedTtlSeconds, renewedAt: Date.now(), confirmed: false, foreign: false }
    hold(asked)
    const { ttlSeconds } = await etcd.lease.grant(askedTtlSeconds, { ...call, leaseId: id }).catch((error: unknown) => {
      if (error instanceof RpcError && error.grpcCode === leaseExists) return etcd.lease.keepAliveOnce(id, call)
      throw error
    })
    hold({ ...asked, ttlSeconds, confirmed: true })
  }

  const release = async (call: CallOptions): Promise<void> => {
    if (lease === undefined) return
    if (lease.foreign) {
      const ours = all().filter(({ stored }) => stored !== undefined)
      await writeDue(
        registrar,
        ours.map((member) => ({ ...member, value: undefined })),
        lease.id,
        call,
      )
    } else {
      await etcd.lease.revoke(lease.id, call).catch((error: unknown) => {
        if (!(error instanceof LeaseNotFoundError)) throw error
      })
    }
    lost()
  }

  const lost = () => {
    lease = undefined
    for (const member of all()) forget(member)
    leaving.clear()
  }

  const add = (instance: ServiceInstance): Member => {
    const key = keyOf(instance)
    // Gone and back in the same moment: a transaction may not name a key twice.
    const member = leaving.get(key) ?? createMember(format, instance, onConflict)
    change(member, format, instance)
    leaving.delete(key)
    member.key = key
    members.set(member.name, member)
    return member
  }

  const drop = (member: Member) => {
    if (members.get(member.name) === member) members.delete(member.name)
  }

  const remove = (member: Member) => {
    leave(member)
    drop(member)
    leaving.set(member.key, member)
  }

  return {
    members: () => [...members.values()],
    add,
    drop,
    remove,
    wantsLease,
    release,
    lost,
    leaseId: () => last?.id ?? '0',
    ttlMs: () => (last?.ttlSeconds ?? askedTtlSeconds) * 1000,
    isHeld: () => lease?.confirmed ?? false,
    find: (name) => members.get(nameOf(name)),
    change(member, instance) {
      if (nameOf(instance) === member.name && keyOf(instance) === member.key) {
        change(member, format, instance)
        return member
      }
      const next = add(instance)
      next.isNew = member.isNew
      remove(member)
      return next
    },
    adopt(registration) {
      const { instance, key, leaseId, ttlSeconds, renewedAt, revision, sharedLease = false } = registration
      lease = last = { id: leaseId, ttlSeconds, renewedAt, confirmed: true, foreign: sharedLease }
      const member = createMember(format, instance, onConflict)
      Object.assign(member, { key, revision, stored: instance, state: 'settled', claim: 'back', isNew: false })
      members.set(member.name, member)
      return member
    },
    registration({ stored, key, revision }) {
      if (stored === undefined || lease === undefined) return undefined
      const { id: leaseId, ttlSeconds, renewedAt, foreign } = lease
      const under = { leaseId, ttlSeconds, askedTtlSeconds, renewedAt, revision }
      return { key, ...under, instance: stored, ...(shared || foreign ? { sharedLease: true } : {}) }
    },
    async renew(call) {
      if (!lease?.confirmed) return
      const renewedAt = Date.now()
      const { ttlSeconds } = await etcd.lease.keepAliveOnce(lease.id, call)
      lease = last = { ...lease, ttlSeconds, renewedAt }
    },
    async look(call) {
      const seen = all().filter(({ stored, state }) => stored !== undefined || state === 'taken')
      await lookAt(etcd, seen, lease?.id, call)
    },
    async write(call) {
      // The lease takes its keys along.
      if (members.size === 0 && !lease?.foreign) await release(call)
      for (let round = 0; round < writesPerAttempt && due().length > 0; round++) {
        if (wantsLease()) await grant(call)
        if (lease === undefined) for (const member of due()) forget(member)
        else await writeDue(registrar, due(), lease.id, call)
      }
      for (const { key, state } of leaving.values()) if (state !== 'due') leaving.delete(key)
      if (all().every(({ state }) => state === 'taken')) await release(call)
    },
  }
}

/** gRPC's FAILED_PRECONDITION: "lease already exists". */
const leaseExists = 9
