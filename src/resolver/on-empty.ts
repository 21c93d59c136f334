import { checkMs } from '../check-ms.ts'

/** What to do when etcd says that a set has become empty. */
export type OnEmpty = 'accept' | { readonly keepLastMs: number }

/** @returns `keepLastMs`, when instances are to be kept. @throws TypeError or RangeError naming the option. */
export function readOnEmpty(onEmpty: OnEmpty = 'accept'): number | undefined {
  if (onEmpty === 'accept') return undefined
  if (typeof onEmpty !== 'object' || onEmpty === null) throw new TypeError('onEmpty must be "accept" or { keepLastMs }')
  return checkMs(onEmpty.keepLastMs, 'onEmpty.keepLastMs')
}
