import { describe, expect, it, vi } from 'vitest'
import { DeadlineError, RetryError } from '../../../src/errors.ts'
import { fixedEndpointer, retry, retryWithCallback, roundRobin } from '../../../src/resolver/index.ts'
import { failing, inOrder, rejection } from './retried-endpoints.ts'

describe('retry, as go-kit’s own tests have it (sd/lb/retry_test.go)', () => {
  it('TestRetryMaxTotalFail: without endpoints it fails, however often it may try', async () => {
    const error = await rejection(retry(999, 1000, roundRobin(fixedEndpointer([])))(undefined))
    expect(error).toBeInstanceOf(RetryError)
    expect(error).toMatchObject({ code: 'RETRY', retryable: true, final: { code: 'NO_INSTANCES' } })
    expect((error as RetryError).errors).toHaveLength(999)
  })

  const endpoints = () => [failing('error one'), failing('error two'), async () => 'OK']

  it('TestRetryMaxPartialFail: one attempt too few', async () => {
    const error = await rejection(retry(2, 1000, inOrder(endpoints()))(undefined))
    expect(error).toMatchObject({ final: { message: 'error two' }, message: 'error two (previously: error one)' })
  })

  it('TestRetryMaxSuccess: exactly enough attempts', async () => {
    expect(await retry(3, 1000, inOrder(endpoints()))(undefined)).toBe('OK')
  })

  it('TestRetryTimeout: in time it is an answer, too late it is a DeadlineError', async () => {
    vi.useFakeTimers()
    const steps: ((answer: string) => void)[] = []
    const call = retry(999, 10, inOrder([() => new Promise<string>((resolve) => steps.push(resolve))]))
    const inTime = call(undefined)
    vi.advanceTimersByTime(9)
    steps[0]?.('done')
    expect(await inTime).toBe('done')
    const late = rejection(call(undefined))
    vi.advanceTimersByTime(10)
    steps[1]?.('done')
    expect(await late).toBeInstanceOf(DeadlineError)
    vi.useRealTimers()
  })

  it('TestAbortEarlyCustomMessage: the callback ends it with an error of its own', async () => {
    const replacement = new Error('aborting early')
    const call = retryWithCallback(1000, inOrder([]), () => ({ keepTrying: false, replacement }))
    expect(await rejection(call(undefined))).toMatchObject({ final: replacement, errors: [{ code: 'NO_INSTANCES' }] })
  })

  it('TestErrorPassedUnchangedToCallback', async () => {
    const mine = new Error('my custom error')
    const seen: unknown[] = []
    const broken = async () => {
      throw mine
    }
    const call = retryWithCallback(1000, inOrder([broken]), (attempt, error) => {
      seen.push([attempt, error])
      return { keepTrying: false }
    })
    const error = await rejection(call(undefined))
    expect(seen).toEqual([[1, mine]])
    expect((error as RetryError).final).toBe(mine)
    expect((error as RetryError).cause).toBe(mine)
  })

  it('TestHandleNilCallback: without a callback it works as well', async () => {
    expect(await retryWithCallback(1000, inOrder([async () => 'OK']))(undefined)).toBe('OK')
  })
})
