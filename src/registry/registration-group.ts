import { UnavailableError } from '../errors.ts'
import { completeInstance, type InstanceInput, type InstanceStatus } from '../instance/index.ts'
import { conflict } from './claim-key.ts'
import { createLeaseGroup, type LeaseGroup } from './lease-group.ts'
import type { Member } from './member.ts'
import type { Registrar } from './registrar.ts'
import type { InstanceName, Registration } from './registration.ts'
import { type LeaseSession, startSession, withStatus } from './session.ts'
import type { SessionSettings } from './session-options.ts'
import { createStatusBoard, type GroupStatus } from './session-status.ts'

/**
 * Several instances that are kept registered under one lease: one keep-alive a heartbeat, whatever their number; lost
 * together, back together.
 *
 * What is asked for is wanted from then on: when the attempt under way fails, the method rejects with what went wrong, and
 * the session goes on trying. Once the session is closing, and when it has been given up, every one of them rejects.
 */
export interface RegistrationGroup extends LeaseSession<GroupStatus> {
  /**
   * Registers more instances under the same lease, up to 127 in a request.
   * @throws InvalidInstanceError, and TypeError for one that is there already, before any call; InstanceConflictError with
   * `onConflict: 'fail'`, and AuthError and others that are not `retryable`: then they are not wanted any more.
   */
  add(instances: InstanceInput | readonly InstanceInput[]): Promise<readonly Registration[]>
  /**
   * Puts a changed instance under the same lease, in one write; nothing when its record stays the same. It is the whole
   * instance: what is left out, its status too, has its default.
   * @throws InvalidInstanceError, and TypeError when there is none with its service and id, before any call;
   * InstanceConflictError while another lease holds its key.
   */
  update(instance: InstanceInput): Promise<Registration>
  /**
   * Deletes the instance's key as far as it is under the lease; the lease is revoked with the last instance. One that is
   * not there is no error.
   */
  remove(name: InstanceName): Promise<void>
  /**
   * `draining` or `passing`, for one instance or for all. A format that has no place for it takes the key away meanwhile;
   * the lease stays.
   * @throws TypeError when there is no such instance, and for another word.
   */
  setStatus(status: InstanceStatus, name?: InstanceName): Promise<void>
}

/** @throws what the first registration throws; nothing is left behind then. */
export async function keepGroupRegistered(
  registrar: Registrar,
  instances: readonly InstanceInput[],
  settings: SessionSettings,
): Promise<RegistrationGroup> {
  const { format } = registrar
  const group = createLeaseGroup(registrar, { ...settings, shared: true })
  const complete = (input: InstanceInput) => completeInstance(input, format)

  /** Whether it is there already has to be known of all before any is added. */
  const addAll = (inputs: readonly InstanceInput[]): readonly Member[] => {
    const names = new Set<string>()
    const completed = inputs.map((input, index) => {
      const instance = complete(input)
      format.encode(instance)
      const name = `${instance.service}/${instance.id}`
      if (names.has(name) || group.find(instance) !== undefined) {
        throw new TypeError(`instances[${index}]: ${name} is there already`)
      }
      names.add(name)
      return instance
    })
    return completed.map((instance) => group.add(instance))
  }

  const known = (name: InstanceName): Member => {
    const member = group.find(name)
    if (member === undefined) throw new TypeError(`there is no instance ${name.service}/${name.id} here: add it`)
    return member
  }

  const registrationOf = (member: Member): Registration => {
    const registration = group.registration(member)
    if (registration === undefined) throw member.error ?? removedMeanwhile(member)
    return registration
  }

  addAll(instances)
  await startGroup(group, settings)
  const board = createStatusBoard<GroupStatus>((own) => {
    const members = group.members()
    return {
      ...own,
      leaseId: group.leaseId(),
      registrations: members.map((member) => group.registration(member)).filter((each) => each !== undefined),
      missing: members.filter(isMissing).map(({ instance, error }) => ({ instance, error })),
    }
  })
  const { session, write, assertOpen } = startSession(group, board, settings)

  return {
    ...session,
    async add(inputs) {
      assertOpen()
      const members = addAll(isList(inputs) ? inputs : [inputs])
      await write(members)
      return members.map(registrationOf)
    },
    async update(input) {
      assertOpen()
      const instance = complete(input)
      const member = group.change(known(instance), instance)
      await write([member])
      return registrationOf(member)
    },
    async remove(name) {
      assertOpen()
      const member = group.find(name)
      if (member === undefined) return
      group.remove(member)
      await write([member])
    },
    async setStatus(status, name) {
      assertOpen()
      const members = name === undefined ? group.members() : [known(name)]
      await write(members.map((member) => group.change(member, withStatus(member.instance, status))))
    },
  }
}

const removedMeanwhile = ({ instance: { service, id } }: Member) =>
  new UnavailableError(`${service}/${id} has been removed meanwhile`, { retryable: false })

const isMissing = ({ value, stored }: Member) => value !== undefined && stored === undefined

export const isList = (value: InstanceInput | readonly InstanceInput[]): value is readonly InstanceInput[] =>
  Array.isArray(value)

/** How long giving a lease back may hold up the error that made it necessary. */
const giveBackMs = 1000

async function startGroup(group: LeaseGroup, { signal, timeoutMs }: SessionSettings): Promise<void> {
  signal?.throwIfAborted()
  try {
    await group.write({ signal, timeoutMs })
    const open = group.members().find(({ state }) => state !== 'settled')
    if (open !== undefined) throw open.error ?? conflict(open.key, '0')
  } catch (error) {
    await group.release({ timeoutMs: giveBackMs }).catch(() => {})
    throw error
  }
}
