import type { WatchItem } from 'etcd-edge/http-client'
import { expect } from 'vitest'

export const denied = { code: 'AUTH', grpcCode: 7, message: expect.stringContaining('permission denied') }
export const noToken = { code: 'AUTH', grpcCode: 3, message: expect.stringContaining('user name is empty') }
export const failed = { code: 'RPC', grpcCode: 9 }

/** What a watch gives first; then it is left. */
export async function firstOf(watch: AsyncIterable<WatchItem>): Promise<WatchItem | undefined> {
  for await (const item of watch) return item
  return undefined
}
