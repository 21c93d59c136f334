import { describe, expect, it, vi } from 'vitest'
import { createEtcdClient, type EtcdClient, type EtcdObserver } from '../../../src/http-client/index.ts'
import { createEtcdSimulator } from '../../../src/testing/index.ts'

const answer = (body: object, status = 200) => new Response(JSON.stringify(body), { status })

describe('an observer', () => {
  it('is told of every attempt, without keys, values and tokens', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const events: object[] = []
    const requests: unknown[] = []
    const note = (type: string) => (event: object) => {
      const { request, ...rest } = { request: undefined, ...event }
      if (type === 'request') requests.push(event)
      if (type === 'response') expect(request).toBe(requests.at(-1))
      events.push({ type, ...rest })
    }
    const etcd = createEtcdClient({
      endpoints: [
        { url: 'http://etcd-1:2379', fetch: async () => answer({ code: 14, message: 'etcdserver: no leader' }, 503) },
        { url: 'http://etcd-2:2379', fetch: async () => answer({ header: {} }) },
      ],
      observer: { onRequest: note('request'), onResponse: note('response'), onRetry: note('retry') },
    })
    await etcd.kv.put('secret-key', 'secret-value')
    const at = (endpoint: string, attempt: number) => ({ call: 'kv/put', endpoint, attempt })
    expect(events).toEqual([
      { type: 'request', ...at('http://etcd-1:2379', 1) },
      { type: 'response', ...at('http://etcd-1:2379', 1), code: 'UNAVAILABLE', durationMs: expect.any(Number) },
      { type: 'retry', ...at('http://etcd-1:2379', 1), code: 'UNAVAILABLE', delayMs: 0 },
      { type: 'request', ...at('http://etcd-2:2379', 2) },
      { type: 'response', ...at('http://etcd-2:2379', 2), code: 'OK', durationMs: expect.any(Number) },
    ])
    expect(JSON.stringify(events)).not.toMatch(/secret/)
    vi.restoreAllMocks()
  })

  describe('of a stream', () => {
    const codesOf = (call: string, codes: string[]): EtcdObserver => ({
      onResponse: (event) => event.call === call && codes.push(event.code),
    })
    const withOutcomes = () => {
      const codes: string[] = []
      const observer = codesOf('watch', codes)
      const simulator = createEtcdSimulator()
      const etcd = createEtcdClient({ endpoints: ['http://etcd:2379'], fetch: simulator.fetch, observer })
      return { codes, etcd, simulator }
    }
    const ways: Readonly<Record<string, (etcd: EtcdClient) => Promise<unknown>>> = {
      'a watch whose reader leaves': async (etcd) => {
        for await (const _ of etcd.watch({ key: 'k', startRevision: 1 })) break
      },
      'a watch that is aborted between two reads': async (etcd) => {
        const controller = new AbortController()
        const watch = etcd.watch({ key: 'k', startRevision: 1, signal: controller.signal })
        await watch.next()
        controller.abort()
        await expect(watch.next()).rejects.toThrow()
      },
      'a watch that is aborted in the middle of a read': async (etcd) => {
        const controller = new AbortController()
        const watch = etcd.watch({ key: 'k', startRevision: 1, signal: controller.signal })
        await watch.next()
        const next = watch.next()
        controller.abort()
        await expect(next).rejects.toThrow()
      },
    }
    it.each(Object.entries(ways))('%s is told as ABORTED, once', async (_, way) => {
      const { codes, etcd, simulator } = withOutcomes()
      await etcd.kv.put('k', 'v')
      await way(etcd)
      expect(codes).toEqual(['ABORTED'])
      await simulator.close()
    })

    it('an election whose observer leaves is told as ABORTED, once', async () => {
      const codes: string[] = []
      const leader = new TextEncoder().encode('{"result":{"header":{},"kv":{"key":"ZQ==","value":"bWU="}}}\n')
      const endless = new ReadableStream({ start: (controller) => controller.enqueue(leader) })
      const etcd = createEtcdClient({
        endpoints: ['http://etcd:2379'],
        fetch: async () => new Response(endless),
        observer: codesOf('election/observe', codes),
      })
      for await (const { value } of etcd.election.observe('e')) {
        expect(value).toBe('me')
        break
      }
      expect(codes).toEqual(['ABORTED'])
    })

    it('one that etcd ends with a reset is told as OK', async () => {
      const { codes, etcd, simulator } = withOutcomes()
      for (const value of ['1', '2', '3']) await etcd.kv.put('k', value)
      await etcd.kv.compact(3)
      for await (const item of etcd.watch({ key: 'k', startRevision: 1 })) expect(item.type).toBe('reset')
      expect(codes).toEqual(['OK'])
      await simulator.close()
    })
  })
})
