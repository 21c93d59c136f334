import { describe, expect, it } from 'vitest'
import {
  consistentHash,
  createServiceFetch,
  leastLoaded,
  random,
  roundRobin,
  type ServiceFetchOptions,
  weighted,
} from '../../../../src/resolver/index.ts'
import { instance, refused, resolverOf, scriptedFetch } from './scripted-fetch.ts'

const balancers: Readonly<Record<string, NonNullable<ServiceFetchOptions['balancer']>>> = {
  roundRobin,
  random,
  weighted,
  leastLoaded,
  consistentHash,
}
const keyOf: ServiceFetchOptions['keyOf'] = ({ url }) => url.pathname

describe('a service fetch with each balancer', () => {
  it.each(Object.entries(balancers))('%s finds the one instance that is up, and stays with it', async (_, balancer) => {
    const line = scriptedFetch({ a: refused(), b: 200, c: refused() })
    const source = resolverOf([instance('a'), instance('b'), instance('c')])
    const serviceFetch = createServiceFetch(source, { fetch: line.fetch, balancer, keyOf })
    for (let call = 0; call < 20; call++) expect((await serviceFetch(`http://web/${call}`)).status).toBe(200)
    // Each of the other two is tried once, and then left alone for longer than this takes.
    expect(line.sent.length).toBeLessThanOrEqual(22)
  })

  it.each([
    ['the same key', keyOf],
    ['the same path and query', undefined],
  ])('sends what has %s to the same instance', async (_, keyOf) => {
    const line = scriptedFetch({ a: 200, b: 200, c: 200 })
    const source = resolverOf([instance('a'), instance('b'), instance('c')])
    const serviceFetch = createServiceFetch(source, {
      fetch: line.fetch,
      balancer: consistentHash,
      ...(keyOf === undefined ? {} : { keyOf }),
    })
    for (let call = 0; call < 30; call++) await serviceFetch(`http://web/${call % 10}`)
    const hostsOf = (path: string) =>
      new Set(
        line.sent.map(({ url }) => new URL(url)).flatMap(({ pathname, host }) => (pathname === path ? [host] : [])),
      )
    for (let path = 0; path < 10; path++) expect(hostsOf(`/${path}`).size).toBe(1)
    expect(new Set(line.sent.map(({ url }) => new URL(url).host)).size).toBeGreaterThan(1)
  })
})
