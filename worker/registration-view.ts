import type { Registration } from 'etcd-edge/registry'
import { ownerKey } from './owner-key.ts'

/** A registration as the API shows it to whoever wrote it. */
export interface RegistrationView {
  readonly id: string
  readonly service: string
  /** What etcd granted, in seconds. */
  readonly ttl: number
  /** Until then the registration surely lives: never later than etcd's own idea of it. */
  readonly expiresAt: string
  readonly renewAfterSeconds: number
  readonly ownerKey: string
}

export function viewOfRegistration(registration: Registration): RegistrationView {
  const { instance, ttlSeconds, renewedAt } = registration
  const expiresAt = new Date(renewedAt + ttlSeconds * 1000)
  return {
    id: instance.id,
    service: instance.service,
    ttl: ttlSeconds,
    expiresAt: expiresAt.toISOString().replace(/\.\d+Z$/, 'Z'),
    renewAfterSeconds: Math.max(1, Math.floor(ttlSeconds / 3)),
    ownerKey: ownerKey(registration),
  }
}
