import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readRetryAfter } from '../../../../src/resolver/service-fetch/retry-after.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(1994, 10, 6, 8, 49, 30) }))
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

it.each([
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 7000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 7000],
  ['Sun Nov  6 08:49:37 1994', 7000],
  ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['1994', 1_994_000],
  ['soon', undefined],
  ['', undefined],
])('reads %j as %s ms', (value, ms) => {
  expect(readRetryAfter(new Headers({ 'retry-after': value }))).toBe(ms)
})

it('takes a date for GMT, wherever we are', () => {
  vi.stubEnv('TZ', 'Asia/Tokyo')
  expect(new Date().getTimezoneOffset()).toBe(-540)
  expect(readRetryAfter(new Headers({ 'retry-after': 'Sun Nov  6 08:49:37 1994' }))).toBe(7000)
})

it('is undefined where there is none', () => {
  expect(readRetryAfter(new Headers())).toBeUndefined()
})

it('counts a date from the date of the answer, whatever our own clock says', () => {
  const headers = { 'retry-after': 'Mon, 07 Nov 1994 00:00:09 GMT', date: 'Mon, 07 Nov 1994 00:00:00 GMT' }
  expect(readRetryAfter(new Headers(headers))).toBe(9000)
})
