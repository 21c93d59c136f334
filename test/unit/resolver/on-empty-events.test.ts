import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FedSet, fedSet } from './fed-set.ts'

const keepLastMs = 1000
const away = new Error('away')

describe('onEmpty: { keepLastMs }', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 })
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('the changes of all events make the set, whatever happens, and in the end it is etcd’s', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd')
    const action = fc.oneof(
      fc.tuple(fc.constant('put' as const), id, fc.nat(2)),
      fc.tuple(fc.constant('remove' as const), fc.uniqueArray(id, { minLength: 1 })),
      fc.tuple(fc.constant('list' as const), fc.uniqueArray(id)),
      fc.tuple(fc.constant('wait' as const), fc.constantFrom(100, 500, keepLastMs, 2 * keepLastMs)),
      fc.constant(['fail'] as const),
      fc.constant(['recover'] as const),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const fed = fedSet({ keepLastMs })
        const truth = new Set<string>()
        fed.list()
        let wasShown = false
        let emptyMs = 0
        for (const [what, ...rest] of actions) {
          const told = fed.events.length
          if (what === 'put') {
            fed.put(rest[0] as string, { weight: rest[1] })
            truth.add(rest[0] as string)
          } else if (what === 'remove') {
            fed.remove(...(rest[0] as string[]))
            for (const each of rest[0] as string[]) truth.delete(each)
          } else if (what === 'list') {
            fed.list(...(rest[0] as string[]))
            truth.clear()
            for (const each of rest[0] as string[]) truth.add(each)
          } else if (what === 'wait') vi.advanceTimersByTime(rest[0] as number)
          else if (what === 'fail') fed.failed(away)
          else fed.recovered()
          const says = (set: FedSet) => set.replayed().map(({ id, weight }) => [id, weight])
          expect(says(fed)).toEqual(fed.instancer.snapshot().instances.map(({ id, weight }) => [id, weight]))
          if (truth.size > 0) expect(fed.ids()).toEqual([...truth].sort())
          emptyMs = truth.size > 0 ? 0 : emptyMs + (what === 'wait' ? (rest[0] as number) : 0)
          const saysEmpty = fed.events
            .slice(told)
            .some((event) => event.type === 'snapshot' && event.snapshot.instances.length === 0)
          if (wasShown && emptyMs < keepLastMs) expect(saysEmpty).toBe(false)
          wasShown = fed.ids().length > 0
        }
        fed.recovered()
        vi.advanceTimersByTime(keepLastMs)
        expect(fed.ids()).toEqual([...truth].sort())
        expect(fed.instancer.snapshot().stale).toBe(false)
        void fed.instancer.close()
      }),
      { numRuns: 300 },
    )
  })
})
