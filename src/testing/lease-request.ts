import { bool, type Field, id, int64, message } from './message-field.ts'

export interface LeaseGrantRequest {
  readonly TTL: number
  readonly ID: string
}

/** What `lease/revoke` and one message of `lease/keepalive` have. */
export interface LeaseRequest {
  readonly ID: string
}

export interface LeaseTimeToLiveRequest {
  readonly ID: string
  readonly keys: boolean
}

export const leaseGrantRequest: Field<LeaseGrantRequest | null> = message<LeaseGrantRequest>({ TTL: int64, ID: id })
export const leaseRequest: Field<LeaseRequest | null> = message<LeaseRequest>({ ID: id })
export const leaseTimeToLiveRequest: Field<LeaseTimeToLiveRequest | null> = message<LeaseTimeToLiveRequest>({
  ID: id,
  keys: bool,
})
