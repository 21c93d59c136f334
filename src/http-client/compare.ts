import { encodeBase64 } from './base64.ts'
import { writeInt64 } from './int64.ts'
import { type Bytes, wireKey } from './key-range.ts'
import { checkLeaseId, type LeaseId } from './lease-id.ts'
import type { WireCompare } from './wire.ts'

export type CompareSign = '=' | '!=' | '>' | '<'

/** A condition of a transaction. */
export interface Compare {
  readonly wire: WireCompare
}

const results = { '=': 'EQUAL', '!=': 'NOT_EQUAL', '>': 'GREATER', '<': 'LESS' } as const

/**
 * Conditions of a transaction, with clientv3's names. On a key that does not exist revisions, version and lease are 0, and
 * a comparison of its value never holds, not even `!=`.
 */
export const compare: {
  /** `compare.createRevision(key, '=', 0)` holds when the key does not exist. */
  readonly createRevision: (key: Bytes, sign: CompareSign, revision: number) => Compare
  readonly modRevision: (key: Bytes, sign: CompareSign, revision: number) => Compare
  readonly version: (key: Bytes, sign: CompareSign, version: number) => Compare
  readonly value: (key: Bytes, sign: CompareSign, value: Bytes) => Compare
  readonly lease: (key: Bytes, sign: CompareSign, leaseId: LeaseId) => Compare
} = {
  createRevision: (key, sign, revision) =>
    make(key, sign, { target: 'CREATE', create_revision: writeInt64(revision, 'revision') }),
  modRevision: (key, sign, revision) =>
    make(key, sign, { target: 'MOD', mod_revision: writeInt64(revision, 'revision') }),
  version: (key, sign, version) => make(key, sign, { target: 'VERSION', version: writeInt64(version, 'version') }),
  value: (key, sign, value) => make(key, sign, { target: 'VALUE', value: encodeBase64(value) }),
  lease: (key, sign, leaseId) => make(key, sign, { target: 'LEASE', lease: checkLeaseId(leaseId) }),
}

function make(key: Bytes, sign: CompareSign, operand: WireCompare): Compare {
  const result = results[sign]
  // A gateway from etcd 3.6 on takes a result it does not know for EQUAL, without a word.
  if (result === undefined) throw new TypeError(`sign must be one of ${Object.keys(results).join(' ')}`)
  return { wire: { key: wireKey(key), result, ...operand } }
}
