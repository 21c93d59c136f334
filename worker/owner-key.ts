import { leaseIdToHex } from 'etcd-edge/http-client'
import type { Registration } from 'etcd-edge/registry'
import type { Context } from 'hono'
import { Problem } from './problem.ts'

/** What says whose a registration is: its lease's id in hex. A guard against one's own successor, not a secret. */
export function ownerKey({ leaseId }: Registration): string {
  return leaseIdToHex(leaseId)
}

/** @throws Problem `instance-owned-by-another` when the caller carries an `SD-Owner-Key` and it is another one. */
export function checkOwner(c: Context, registration: Registration): void {
  const carried = c.req.header('SD-Owner-Key')
  if (carried !== undefined && carried.toLowerCase() !== ownerKey(registration)) throw ownedByAnother()
}

export function ownedByAnother(): Problem {
  return new Problem('instance-owned-by-another', {
    detail: 'somebody else has registered this instance since: SD-Owner-Key does not match',
  })
}

export function leaseNotFound(): Problem {
  return new Problem('lease-not-found', {
    detail: 'there is no lease to renew: register the instance again',
    members: { action: 'register' },
  })
}
