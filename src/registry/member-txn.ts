import { type CallOptions, compare, type EtcdClient, type LeaseId, op } from '../http-client/index.ts'
import type { InstanceFormat } from '../instance/index.ts'
import { type Member, note, type Wish, written } from './member.ts'
import { putMarkers } from './put-markers.ts'
import type { Registrar } from './registrar.ts'

/**
 * etcd's `--max-txn-ops` is 128 by default. Nested transactions share what the outer one leaves (`checkTxnRequest`,
 * v3rpc/key.go): 127 of them have one operation each.
 */
const opsPerTxn = 128
const changesPerTxn = opsPerTxn - 1
/** etcd's `--max-request-bytes` is 1.5 MiB by default. */
const bytesPerTxn = 1_000_000

/**
 * Looks at the keys of members that are there or taken, up to 128 in a request. Nothing but "all as they were" comes back
 * as long as that is so.
 */
export async function lookAt(
  etcd: EtcdClient,
  members: readonly Member[],
  leaseId: LeaseId | undefined,
  call: CallOptions,
): Promise<void> {
  const [only] = members
  if (only !== undefined && members.length === 1) return note(only, leaseId, await etcd.kv.get(only.key, call))
  for (let from = 0; from < members.length; from += opsPerTxn) {
    const batch = members.slice(from, from + opsPerTxn)
    const seen = await etcd.kv
      .txn()
      .if(...batch.map(({ key, revision }) => compare.modRevision(key, '=', revision)))
      .else(...batch.map(({ key }) => op.get(key)))
      .commit(call)
    if (seen.succeeded) continue
    batch.forEach((member, index) => {
      note(member, leaseId, seen.results[index]?.kvs[0])
    })
  }
}

/**
 * Writes or removes what is due, up to 127 in a request, each under a condition of its own; with what the format wants
 * beside those that are written.
 */
export async function writeDue(
  { etcd, format }: Pick<Registrar, 'etcd' | 'format'>,
  members: readonly Member[],
  leaseId: LeaseId,
  call: CallOptions,
): Promise<void> {
  for (const batch of batchesOf(members, format)) {
    const wishes = batch.map(({ instance, value }): Wish => ({ instance, value }))
    const wanted = batch.filter(isWanted).map(({ instance }) => instance)
    const answer = await etcd.kv
      .txn()
      .then(...batch.map((member) => changeOf(etcd, member, leaseId)), ...putMarkers(etcd, format, wanted))
      .commit(call)
    for (const [index, wish] of wishes.entries()) {
      const [member, done] = [batch[index], answer.results[index]]
      if (member === undefined || done === undefined) continue
      if (done.succeeded) written(member, wish, answer.revision)
      else note(member, leaseId, done.results[0].kvs[0])
    }
  }
}

function changeOf(etcd: EtcdClient, { key, value, revision, claim }: Member, leaseId: LeaseId) {
  const txn = etcd.kv.txn()
  if (value === undefined) {
    return txn
      .if(compare.lease(key, '=', leaseId))
      .then(op.delete(key))
      .else(op.get(key))
      .nested()
  }
  return txn
    .if(...(claim === 'takeover' ? [] : [compare.modRevision(key, '=', revision)]))
    .then(op.put(key, value, { leaseId, allowEmpty: true }))
    .else(op.get(key))
    .nested()
}

const isWanted = ({ value }: Member) => value !== undefined

function* batchesOf(members: readonly Member[], format: InstanceFormat): Generator<readonly Member[]> {
  let batch: Member[] = []
  let markers = new Set<string>()
  let bytes = 0
  for (const member of members) {
    const beside = isWanted(member) ? (format.markers?.(member.instance) ?? []) : []
    const more = member.key.length + (member.value?.length ?? 0)
    const changes = batch.length + 1 + new Set([...markers, ...beside.map(({ key }) => key)]).size
    if (batch.length > 0 && (changes > changesPerTxn || bytes + more > bytesPerTxn)) {
      yield batch
      batch = []
      markers = new Set()
      bytes = 0
    }
    batch.push(member)
    for (const { key } of beside) markers.add(key)
    bytes += more
  }
  if (batch.length > 0) yield batch
}
