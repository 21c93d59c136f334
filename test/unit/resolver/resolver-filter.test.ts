import { beforeEach, describe, expect, it } from 'vitest'
import type { ResolverOptions, ServiceSnapshot } from '../../../src/resolver/index.ts'
import { Store } from './store.ts'

describe('a resolver with a filter', () => {
  let store: Store
  const resolverOf = (options?: ResolverOptions) => store.resolver(options)
  const record = (zone: string, version: string) =>
    JSON.stringify({ address: '10.0.0.1:80', weight: 100, tags: { env: 'prod' }, version, zone })
  const idsOf = ({ instances }: ServiceSnapshot) => instances.map(({ id }) => id)

  beforeEach(() => {
    store = new Store()
    store.records = {
      '/services/web/a': record('iad', '1'),
      '/services/web/b': record('iad', '2'),
      '/services/web/c': record('fra', '2'),
    }
  })

  it('gives only the instances for which everything holds, and says everything else as it is', async () => {
    const resolver = resolverOf()
    const whole = await resolver.resolve('web')
    const narrow = await resolver.resolve('web', { filter: { zone: 'iad', version: '2', tags: { env: 'prod' } } })
    expect(narrow).toEqual({ ...whole, instances: [whole.instances[1]] })
    expect([narrow, narrow.instances].every(Object.isFrozen)).toBe(true)
  })

  it('keeps all of them: other filters and no filter need no request more', async () => {
    const resolver = resolverOf({ filter: { zone: 'iad' } })
    expect(idsOf(await resolver.resolve('web'))).toEqual(['a', 'b'])
    expect(idsOf(await resolver.resolve('web', { filter: { zone: 'fra' } }))).toEqual(['c'])
    expect(idsOf(await resolver.resolve('web', { filter: {} }))).toEqual(['a', 'b', 'c'])
    expect(idsOf(await resolver.resolve('web', { filter: { zone: 'nowhere' } }))).toEqual([])
    expect(store.asked).toBe(1)
  })

  it('gives the same object for the same answer, so that a balancer sees no change', async () => {
    const resolver = resolverOf({ filter: { zone: 'iad' } })
    expect(await resolver.resolve('web')).toBe(await resolver.resolve('web'))
  })

  it('narrows each service of the catalog', async () => {
    store.records['/services/api/x'] = record('fra', '1')
    const { services } = await resolverOf({ filter: { version: '2' } }).resolveAll()
    expect(services.map((each) => [each.service, idsOf(each)])).toEqual([
      ['api', []],
      ['web', ['b', 'c']],
    ])
  })

  it('narrows what was seeded and what is stale', async () => {
    const seed = await resolverOf().resolve('web')
    const resolver = resolverOf({ filter: { zone: 'fra' }, maxAgeMs: 0 })
    resolver.seed(seed)
    store.failure = new TypeError('fetch failed')
    expect(await resolver.resolve('web')).toMatchObject({ stale: true, instances: [{ id: 'c' }] })
  })

  it('refuses a filter that is none, before any call', async () => {
    expect(() => resolverOf({ filter: { zone: 7 as never } })).toThrow(TypeError)
    await expect(resolverOf().resolve('web', { filter: { version: 7 as never } })).rejects.toThrow(
      'filter.version must be a string',
    )
    expect(store.asked).toBe(0)
  })
})
