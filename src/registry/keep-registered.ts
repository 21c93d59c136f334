import { completeInstance, type InstanceInput, type InstanceStatus } from '../instance/index.ts'
import { underItsName } from './input-name.ts'
import { createLeaseGroup } from './lease-group.ts'
import type { Registrar } from './registrar.ts'
import type { Registration } from './registration.ts'
import { isList, keepGroupRegistered, type RegistrationGroup } from './registration-group.ts'
import { type LeaseSession, startSession, withStatus } from './session.ts'
import {
  type KeepRegisteredOptions,
  readSessionOptions,
  type SessionOptions,
  type SessionSettings,
} from './session-options.ts'
import { createStatusBoard, type SessionStatus } from './session-status.ts'

/**
 * A registration that is kept alive. What is asked for is wanted from then on: when the attempt under way fails, the method
 * rejects with what went wrong, and the session goes on trying. Once the session is closing, and when it has been given up,
 * every one of them rejects.
 */
export interface RegistrationSession extends LeaseSession<SessionStatus> {
  /**
   * Puts the changed instance under the same lease, in one write; nothing when its record stays the same. It is the whole
   * instance: what is left out, its status too, has its default; without an id it keeps the one it has. Where the key becomes
   * another one, the old one goes in the same write.
   * @throws InvalidInstanceError before any call; InstanceConflictError while another lease holds the key.
   */
  update(instance: InstanceInput): Promise<Registration>
  /**
   * `draining` or `passing`, under the same lease. A format that has no place for it takes the key away meanwhile; the lease
   * stays.
   * @throws TypeError for another word.
   */
  setStatus(status: InstanceStatus): Promise<void>
}

/**
 * Registers an instance, or several under one lease, and keeps them registered until the session is closed: whatever
 * happens to etcd, the network or the lease, for as long as it takes, with attempts at most 2 s apart.
 *
 * After an outage the old lease is tried first, for a restarted etcd still has it and nothing needs to be written; only a
 * lease that is surely gone is replaced, by one grant and one put (one per 127 instances). That the keys are there, under
 * our lease and with our values, is looked at at least once a TTL and every 30 s. A key that another process has taken
 * meanwhile is left to it, and taken back when it falls free.
 *
 * The wall clock does not matter; what was frozen for longer than its TTL finds its lease gone, and is back at once.
 *
 * @throws TypeError or RangeError naming a wrong option: such as when fewer than two heartbeats fit into the TTL; and, when
 * the first registration fails, what {@link Registrar.register} throws.
 */
export function keepRegistered(
  registrar: Registrar,
  instance: InstanceInput,
  options?: KeepRegisteredOptions,
): Promise<RegistrationSession>
export function keepRegistered(
  registrar: Registrar,
  instances: readonly InstanceInput[],
  options?: SessionOptions,
): Promise<RegistrationGroup>
export async function keepRegistered(
  registrar: Registrar,
  what: InstanceInput | readonly InstanceInput[],
  options: KeepRegisteredOptions = {},
): Promise<RegistrationSession | RegistrationGroup> {
  const { previous, ...rest } = options
  const settings = readSessionOptions(rest, registrar.ttlSeconds)
  settings.signal?.throwIfAborted()
  if (!isList(what)) {
    const { ttlSeconds, onConflict, signal, timeoutMs } = settings
    const first = await registrar.register(what, { ttlSeconds, onConflict, previous, signal, timeoutMs })
    return keepOneRegistered(registrar, first, settings)
  }
  if (previous !== undefined) throw new TypeError('previous is for one instance, not for several')
  return keepGroupRegistered(registrar, what, settings)
}

function keepOneRegistered(registrar: Registrar, first: Registration, settings: SessionSettings): RegistrationSession {
  const group = createLeaseGroup(registrar, { ...settings, shared: false })
  let member = group.adopt(first)
  let last = first
  const registration = () => {
    last = group.registration(member) ?? last
    return last
  }
  const board = createStatusBoard<SessionStatus>((own) => {
    return { ...own, leaseId: group.leaseId(), registration: registration() }
  })
  const { session, write, assertOpen } = startSession(group, board, settings)
  return {
    ...session,
    async update(input) {
      assertOpen()
      const { format } = registrar
      const instance = completeInstance(underItsName(input, registration(), format), format, group.leaseId())
      member = group.change(member, instance)
      await write([member])
      return registration()
    },
    async setStatus(status) {
      assertOpen()
      member = group.change(member, withStatus(member.instance, status))
      await write([member])
    },
  }
}
