import { setTimeout as sleep } from 'node:timers/promises'

/** What came back for one request. */
export interface Exchange {
  /** `undefined`: not even headers came. */
  readonly status?: number
  readonly text: string
  /** Whether the body ended by itself. */
  readonly ended: boolean
}

export interface RequestToSend {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends the request, reads the answer until it ends or `ms` are over, and hangs up. */
export async function exchange(fetch: Fetch, url: string, request: RequestToSend, ms: number): Promise<Exchange> {
  const hangUp = new AbortController()
  const { body, ...rest } = request
  const init = { ...rest, ...(request.method === 'GET' ? {} : { body }), signal: hangUp.signal }
  const received = { text: '', ended: false }
  const answer = receive(fetch(url, init), received)
  const timeUp = new AbortController()
  await Promise.race([answer, sleep(ms, undefined, { signal: timeUp.signal }).catch(() => {})])
  const seen = { ...received }
  timeUp.abort()
  hangUp.abort()
  await answer.catch(() => {})
  return seen
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

async function receive(answer: Promise<Response>, received: { status?: number; text: string; ended: boolean }) {
  const response = await answer
  received.status = response.status
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) received.text += decoder.decode(chunk, { stream: true })
  received.ended = true
}
