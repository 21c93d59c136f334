import { decodeBase64 } from './base64.ts'
import * as calls from './calls.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway } from './gateway.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import { type Bytes, wireKey } from './key-range.ts'
import { checkLeaseId, type LeaseId } from './lease-id.ts'
import type { WireHeaderResponse, WireLockResponse } from './wire-admin.ts'

export interface HeldLock extends ResponseHeader {
  /** Exists as long as the lock is held: guard writes by comparing its create revision. */
  readonly key: Uint8Array
}

/** etcd's lock service (`v3lock`). A lock is held under a lease, and lost with it. */
export interface Lock {
  /**
   * Waits until the lock is held, or the deadline: give `timeoutMs` for how long to wait.
   * @throws LeaseNotFoundError when the lease is gone; DeadlineError when somebody else kept it.
   */
  lock(name: Bytes, leaseId: LeaseId, options?: CallOptions): Promise<HeldLock>
  unlock(key: Bytes, options?: CallOptions): Promise<ResponseHeader>
}

export function createLock(gateway: Gateway): Lock {
  return {
    async lock(name, leaseId, options) {
      const body = { name: wireKey(name, 'name'), lease: checkLeaseId(leaseId) }
      const answer = await gateway.call<WireLockResponse>(calls.lock, body, options)
      return { key: decodeBase64(answer.key ?? ''), ...readHeader(answer.header) }
    },
    async unlock(key, options) {
      const answer = await gateway.call<WireHeaderResponse>(calls.unlock, { key: wireKey(key) }, options)
      return readHeader(answer.header)
    },
  }
}
