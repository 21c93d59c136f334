import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { untilAborted } from '../../../../src/resolver/service-fetch/until-aborted.ts'

it('gives what the work gives, or fails as it fails, and leaves no listener', async () => {
  const { signal } = new AbortController()
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1)
  await expect(untilAborted(Promise.reject('broken'), signal)).rejects.toBe('broken')
  await expect.poll(() => getEventListeners(signal, 'abort')).toEqual([])
  expect(await untilAborted(Promise.resolve(2), undefined)).toBe(2)
})

it('fails with the reason as soon as it is aborted, whatever becomes of the work', async () => {
  const controller = new AbortController()
  const work = Promise.withResolvers<void>()
  const waiting = untilAborted(work.promise, controller.signal)
  controller.abort('mine')
  await expect(waiting).rejects.toBe('mine')
  work.reject(new Error('nobody hears of it'))
  // Nor of this one: a rejection that nobody handles would fail the test.
  await expect(untilAborted(Promise.reject('late'), controller.signal)).rejects.toBe('mine')
})
