import { readFileSync } from 'node:fs'

/** One scenario that every gateway must answer the same way, apart from what its tags say. */
export interface GatewayCase {
  readonly id: string
  readonly title: string
  readonly steps: readonly Step[]
}

export interface Step {
  /** `call` is one answer; `stream` is held open for `ms` or until it ends. */
  readonly do: 'call' | 'stream'
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  /** The body is a text to send as it is. */
  readonly raw?: boolean
  readonly ms?: number
  /** Calls to make while the stream is open: after how many milliseconds, which path, which body. */
  readonly during?: readonly [ms: number, path: string, body: unknown][]
  /** Variables to take from the answer, by path. */
  readonly save?: Readonly<Record<string, string>>
  readonly expect: ByTag<Expectation>
}

export interface Expectation {
  readonly status?: ByTag<number>
  /** gRPC code and message, wherever the dialect has them. */
  readonly code?: number
  readonly msg?: string
  readonly msg_prefix?: string
  /** The whole body, apart from white space at its ends. */
  readonly text?: string
  /** What the JSON has at least; arrays have exactly these items. */
  readonly match?: object
  /** Paths into the JSON (of a stream: into the array of its lines) where there is nothing. */
  readonly absent?: readonly string[]
  /** What each line of the stream has at least; there are no other lines. */
  readonly lines?: readonly object[]
  readonly unordered?: boolean
  /** The stream ended by itself. */
  readonly eof?: boolean
  /** The stream was still open in the end. */
  readonly open?: boolean
  /** Not even headers came. */
  readonly nothing?: boolean
}

/** A value, or one for each tag: the first of a target's tags that has one decides. */
export type ByTag<Value> = Value | Readonly<Record<string, Value>>

export function gatewayCases(): GatewayCase[] {
  const text = readFileSync(new URL('./gateway-cases.jsonl', import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GatewayCase)
}
