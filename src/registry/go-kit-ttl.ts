import type { SessionOptions } from './session-options.ts'

/** The least heartbeat (`minHeartBeatTime`). */
const leastHeartbeatMs = 500

/**
 * What go-kit's `NewTTLOption(heartbeat, ttl)` makes of its arguments, as options for `keepRegistered`: the heartbeat is at
 * least 500 ms, and a TTL that is no longer than the heartbeat becomes three heartbeats. go-kit suggests 3 s and 10 s.
 *
 * Two things differ afterwards. A part of a second is rounded up here, where go-kit cuts it off before it asks for the
 * lease; and go-kit never looks at the heartbeat again (clientv3 beats every third of the TTL), while here it counts, so a
 * TTL of less than two heartbeats is refused by `keepRegistered`.
 *
 * Source: `sd/etcdv3/registrar.go` and `client.go` of go-kit v0.13.0.
 *
 * @throws RangeError when one of them is not a number of milliseconds.
 */
export function goKitTtl(
  heartbeatMs: number,
  ttlMs: number,
): Required<Pick<SessionOptions, 'heartbeatMs' | 'ttlSeconds'>> {
  for (const [name, value] of Object.entries({ heartbeatMs, ttlMs })) {
    if (!Number.isFinite(value)) throw new RangeError(`${name} must be a number of milliseconds, got ${value}`)
  }
  const heartbeat = Math.max(heartbeatMs, leastHeartbeatMs)
  const ttl = ttlMs <= heartbeat ? 3 * heartbeat : ttlMs
  return { heartbeatMs: heartbeat, ttlSeconds: Math.ceil(ttl / 1000) }
}
