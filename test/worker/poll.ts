import { expect, vi } from 'vitest'
import type { DiscoveryApp } from './discovery-app.ts'

/** A request in flight, and whether it has been answered. */
export interface Poll {
  readonly isAnswered: boolean
  readonly response: Promise<Response>
}

export function startPoll(sd: DiscoveryApp, path: string, init?: RequestInit): Poll {
  const poll = { isAnswered: false, response: sd.request(path, init) }
  const answered = () => {
    poll.isAnswered = true
  }
  poll.response.then(answered, answered)
  return poll
}

/** A request that waits, its watch established. */
export async function startWaitingPoll(sd: DiscoveryApp, path: string, init?: RequestInit): Promise<Poll> {
  const poll = startPoll(sd, path, init)
  for (let turn = 0; turn < 200 && sd.simulator.watcherCount() === 0; turn++) await settle()
  expect(sd.simulator.watcherCount()).toBe(1)
  expect(poll.isAnswered).toBe(false)
  return poll
}

/** Fake time passes, and what it sets off comes to its end. */
export async function pass(ms: number): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await settle()
  await vi.advanceTimersByTimeAsync(ms)
  for (let turn = 0; turn < 20; turn++) await settle()
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
