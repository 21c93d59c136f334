import { checkMs } from '../check-ms.ts'
import { encodeBase64 } from './base64.ts'
import * as calls from './calls.ts'
import type { CallOptions } from './deadline.ts'
import type { Gateway } from './gateway.ts'
import { type ResponseHeader, readHeader } from './header.ts'
import { readId, readInt64 } from './int64.ts'
import { type Bytes, wireKey } from './key-range.ts'
import { createKeyValue, type KeyValue } from './key-value.ts'
import { checkLeaseId, type LeaseId } from './lease-id.ts'
import type { WireCampaignResponse, WireHeaderResponse, WireLeaderKey, WireLeaderResponse } from './wire-admin.ts'

/** Proof of leadership, to proclaim and to resign with. Plain data. */
export interface LeaderKey {
  readonly name: string
  readonly key: string
  /** The create revision of the key. */
  readonly revision: number
  readonly leaseId: LeaseId
  /** As etcd wrote it; sent back as it is. */
  readonly wire: WireLeaderKey
}

export interface ObserveOptions {
  /** Ends the iteration, which then throws the signal's reason. */
  readonly signal?: AbortSignal
  /** For the first answer, which comes when there is a leader. @default 2147483647 */
  readonly headerTimeoutMs?: number
}

/** etcd's election service (`v3election`): one leader among all that campaign under one name. */
export interface Election {
  /** Waits until elected, or the deadline: give `timeoutMs` for how long to wait. */
  campaign(name: Bytes, leaseId: LeaseId, value: Bytes, options?: CallOptions): Promise<LeaderKey>
  /** Changes the leader's value without a new election. */
  proclaim(leader: LeaderKey, value: Bytes, options?: CallOptions): Promise<ResponseHeader>
  /** Who leads now. @throws RpcError with the text "election: no leader" when nobody does. */
  leader(name: Bytes, options?: CallOptions): Promise<KeyValue>
  /** Each leader and each value it proclaims, from the current one on. Not resumed when the stream breaks: it throws. */
  observe(name: Bytes, options?: ObserveOptions): AsyncIterableIterator<KeyValue>
  resign(leader: LeaderKey, options?: CallOptions): Promise<ResponseHeader>
}

const forEver = 2 ** 31 - 1

export function createElection(gateway: Gateway): Election {
  return {
    async campaign(name, leaseId, value, options) {
      const body = { name: wireKey(name, 'name'), lease: checkLeaseId(leaseId), value: encodeBase64(value) }
      const answer = await gateway.call<WireCampaignResponse>(calls.campaign, body, options)
      return readLeaderKey(answer.leader ?? {})
    },
    async proclaim(leader, value, options) {
      const body = { leader: leader.wire, value: encodeBase64(value) }
      return readHeader((await gateway.call<WireHeaderResponse>(calls.proclaim, body, options)).header)
    },
    async leader(name, options) {
      const body = { name: wireKey(name, 'name') }
      const answer = await gateway.call<WireLeaderResponse>(calls.leader, body, options)
      return createKeyValue(answer.kv ?? {})
    },
    observe(name, { signal, headerTimeoutMs = forEver } = {}) {
      const limits = {
        headerTimeoutMs: checkMs(headerTimeoutMs, 'headerTimeoutMs'),
        idleMs: forEver,
        maxAgeMs: forEver,
      }
      const body = { name: wireKey(name, 'name') }
      return leaders(gateway.stream<WireLeaderResponse>(calls.observe, body, limits, signal))
    },
    async resign(leader, options) {
      return readHeader((await gateway.call<WireHeaderResponse>(calls.resign, { leader: leader.wire }, options)).header)
    },
  }
}

async function* leaders(messages: AsyncIterable<WireLeaderResponse>): AsyncGenerator<KeyValue, void> {
  for await (const { kv } of messages) yield createKeyValue(kv ?? {})
}

function readLeaderKey(wire: WireLeaderKey): LeaderKey {
  const { key } = createKeyValue({ key: wire.key ?? '' })
  const { key: name } = createKeyValue({ key: wire.name ?? '' })
  return { name, key, revision: readInt64(wire.rev, 'rev'), leaseId: readId(wire.lease), wire }
}
