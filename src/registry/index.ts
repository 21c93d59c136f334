export type { OnConflict } from './claim-key.ts'
export { goKitTtl } from './go-kit-ttl.ts'
export { keepRegistered, type RegistrationSession } from './keep-registered.ts'
export { createRegistrar, type RegisterOptions, type Registrar, type RegistrarOptions } from './registrar.ts'
export type { InstanceName, Registration } from './registration.ts'
export type { RegistrationGroup } from './registration-group.ts'
export type { CloseOptions, LeaseSession } from './session.ts'
export type { KeepRegisteredOptions, SessionOptions } from './session-options.ts'
export type {
  GroupStatus,
  LeaseStatus,
  MissingInstance,
  SessionEvent,
  SessionListener,
  SessionState,
  SessionStatus,
} from './session-status.ts'
