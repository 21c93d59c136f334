import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdClient, type FetchLike } from '../../../src/http-client/index.ts'
import { createInstancer } from '../../../src/resolver/index.ts'
import { createEtcdSimulator, type EtcdSimulator } from '../../../src/testing/index.ts'

const minuteMs = 60_000

describe('an instancer in trouble', () => {
  let simulator: EtcdSimulator
  beforeEach(() => {
    vi.useFakeTimers()
    simulator = createEtcdSimulator()
  })
  afterEach(() => {
    simulator.close()
    vi.useRealTimers()
  })

  /**
   * When it asked, in milliseconds since the start, over ten minutes. A call that is repeated at once counts as one.
   *
   * @param refuse What it is told instead of etcd's own answer.
   */
  async function askedAt(path: string, refuse: (path: string) => Response | undefined): Promise<number[]> {
    const startedAt = Date.now()
    const asked: number[] = []
    const fetch: FetchLike = async (url, init) => {
      if (url.endsWith(path)) asked.push(Date.now() - startedAt)
      return refuse(url.replace(/^.*\/v3\//, '')) ?? (await simulator.fetch(url, init))
    }
    await using instancer = createInstancer(createEtcdClient({ endpoints: ['http://etcd.test'], fetch }), 'web')
    instancer.subscribe(() => {})
    await vi.advanceTimersByTimeAsync(10 * minuteMs)
    return [...new Set(asked)]
  }

  it.each([
    ['away', 'kv/range', () => new Response('Bad Gateway', { status: 502 })],
    [
      'ending each watch as soon as it is opened',
      'watch',
      (path: string) => (path === 'watch' ? new Response(created) : undefined),
    ],
    [
      'compacted whenever it is asked',
      'kv/range',
      (path: string) => (path === 'watch' ? new Response(reset) : undefined),
    ],
  ])(
    'is patient with an etcd that is %s: it asks at most every second, at least every other',
    async (_, path, refuse) => {
      const asked = await askedAt(path, refuse)
      const behindTheFirst = asked.filter((at) => at > minuteMs)
      const gaps = behindTheFirst.slice(1).map((at, index) => at - (behindTheFirst[index] ?? 0))
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(2500)
      // The first minute has a few more, for what is over in a moment.
      expect(asked.filter((at) => at <= 1000).length).toBeGreaterThan(2)
      expect(asked.filter((at) => at <= minuteMs).length).toBeLessThan(60)
    },
  )

  it('does not ask in step with the others of its fleet', async () => {
    const refuse = () => new Response('Bad Gateway', { status: 502 })
    const fleet = [await askedAt('kv/range', refuse), await askedAt('kv/range', refuse)]
    const [first = [], second = []] = fleet.map((asked) => asked.filter((at) => at > minuteMs))
    const together = first.filter((at) => second.some((other) => Math.abs(other - at) < 10))
    expect(together.length).toBeLessThan(first.length / 10)
  })
})

const header = '"header":{"cluster_id":"7","revision":"9"}'
const created = `{"result":{${header},"created":true}}\n`
const reset = `{"result":{${header},"created":true}}\n{"result":{"header":{},"canceled":true,"compact_revision":"9"}}\n`
