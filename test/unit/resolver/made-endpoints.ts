import { afterEach, beforeEach, expect, vi } from 'vitest'
import {
  createEndpointer,
  type Endpointer,
  type EndpointerOptions,
  type EndpointFactory,
} from '../../../src/resolver/index.ts'
import { type ToldInstancer, toldInstancer } from './told-instancer.ts'

/** An endpoint that can be told from one that was made for the same instance later. */
export interface Made {
  readonly id: string
}

/** An instancer that says what it is told to, and the endpoints that were made of its instances. */
export interface MadeEndpoints {
  readonly instancer: ToldInstancer
  /** Ids of instances, in the order in which their endpoints were made, and closed. */
  readonly made: string[]
  readonly closed: string[]
  readonly factory: EndpointFactory<Made>
  /** Is closed when the test has ended. */
  create(options?: EndpointerOptions, make?: EndpointFactory<Made>): Endpointer<Made>
}

export const ids = (endpointer: Endpointer<Made>): string[] => endpointer.endpoints().map(({ id }) => id)

/** For the tests of a suite, whose timers are fake. Nothing is left behind by any. */
export function useMadeEndpoints(): MadeEndpoints {
  let instancer: ToldInstancer
  let made: string[]
  let closed: string[]
  const open: Endpointer<Made>[] = []
  const factory: EndpointFactory<Made> = ({ id }) => {
    made.push(id)
    return { endpoint: { id }, close: () => void closed.push(id) }
  }
  beforeEach(() => {
    vi.useFakeTimers()
    instancer = toldInstancer()
    made = []
    closed = []
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((endpointer) => endpointer.close()))
    expect(vi.getTimerCount()).toBe(0)
    expect(instancer.subscriberCount()).toBe(0)
    vi.useRealTimers()
  })
  return {
    get instancer() {
      return instancer
    },
    get made() {
      return made
    },
    get closed() {
      return closed
    },
    factory,
    create(options = {}, make = factory) {
      const endpointer = createEndpointer(instancer, make, options)
      open.push(endpointer)
      return endpointer
    },
  }
}
